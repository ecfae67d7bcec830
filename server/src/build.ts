import { join, resolve } from 'node:path';
import { Keys } from './access/keys.js';
import { type AccessTables, accessMigrations } from './access/tables.js';
import { type TenantInfo, Tenants } from './access/tenants.js';
import { AccessLog, PLATFORM_PACK } from './api/access-log.js';
import type { Engine } from './api/engine.js';
import { systemClock, toRfc3339 } from './base/clock.js';
import { openDatabase } from './base/database.js';
import { type Disk, realDisk } from './base/disk.js';
import { Failure, systemCode } from './base/errors.js';
import { Keyring } from './base/keyring.js';
import { createLogger, type Logger } from './base/logger.js';
import type { Settings } from './base/settings.js';
import { safeStackFrames } from './base/stack.js';
import { Transit } from './base/transit.js';
import { unwrapMaster } from './base/wrapped-master.js';
import { type LogName, splitLog } from './event/stages.js';
import { Exporter } from './export/exporter.js';
import { Guard } from './guard/index.js';
import { MeteredFiles } from './integrity/files.js';
import { Scrubber } from './integrity/scrubber.js';
import { type IntegrityTables, integrityMigrations } from './integrity/tables.js';
import { Journal } from './journal/journal.js';
import { Heads } from './ledger/heads.js';
import { Ledger } from './ledger/ledger.js';
import { Manifest } from './ledger/manifest.js';
import { proveRecord } from './ledger/proofs.js';
import { LedgerReader } from './ledger/reader.js';
import { Sealer } from './ledger/sealer.js';
import { EitherSigner, KeyringSigner, type Signer, signingSeed } from './ledger/signer.js';
import { type LedgerTables, ledgerMigrations } from './ledger/tables.js';
import { TransitSigner } from './ledger/transit-signer.js';
import { loadPacks } from './pack/load.js';
import type { Pack } from './pack/model.js';
import { Pipeline } from './pipeline.js';
import { compileById, compileHolding, type RecordRow } from './query/compile.js';
import { Erasures, type Surroundings } from './rights/erasure.js';
import { Holds } from './rights/holds.js';
import { type RightsTables, rightsMigrations } from './rights/tables.js';
import { Indexer, type StoreTables, storeMigrations } from './store/indexer.js';
import { canConfine } from './store/process/confine.js';
import { Store } from './store/process/store.js';
import { type VaultTables, vaultMigrations } from './vault/tables.js';
import { Vault } from './vault/vault.js';
import { type WitnessTables, witnessMigrations } from './witness/tables.js';
import { openCosigning, openWitness } from './witnessing.js';

type Tables = AccessTables &
  IntegrityTables &
  LedgerTables &
  RightsTables &
  StoreTables &
  VaultTables &
  WitnessTables;

export interface OpenEngine extends Engine {
  readonly tenants: Tenants;
  readonly keys: Keys;
  readonly packs: ReadonlyMap<string, Pack>;
  readonly log: Logger;
  readonly disk: Disk;
  close(): Promise<void>;
}

const ALL_TIME = { from: 0, to: Date.UTC(2262, 0, 1) };

/** Folder of the packs that come with the program. */
const OWN_PACKS = join(import.meta.dirname, '../../packs');

/** The proof package in one file, made by `npm run build`. */
const VERIFIER = join(import.meta.dirname, '../../proof/dist/verify.mjs');

async function usable(disk: Disk, dir: string): Promise<void> {
  try {
    await disk.makeDir(dir);
    const probe = join(dir, `.probe-${process.pid}`);
    const file = await disk.open(probe, 'update');
    await file.write(Buffer.from('.'), 0);
    await file.sync();
    await file.close();
    await disk.remove(probe);
  } catch (error) {
    throw new Failure(
      'data_unusable',
      `The data directory ${dir} cannot be written (${systemCode(error)}). Check its owner, its rights and the space left.`,
      { cause: error },
    );
  }
}

/** One process per data directory: two would write one journal. */
async function lock(dir: string): Promise<() => Promise<void>> {
  const { DirectoryLock } = await import('./base/lock.js');
  const held = await DirectoryLock.take(join(dir, 'lock'));
  return () => held.release();
}

/** Tenants that began with a key of the keyring keep it; who holds their vkey would take another for tampering. */
function signerOf(keyring: Keyring, transit: Transit | null): Signer {
  const own = new KeyringSigner(keyring);
  if (transit === null) return own;
  const remote = new TransitSigner(transit);
  return new EitherSigner((tenant) => (keyring.get(signingSeed(tenant)) === undefined ? remote : own));
}

/** Starts the search store's process, confined where the machine can and the settings do not forbid it. */
async function openStore(disk: Disk, settings: Settings, log: Logger): Promise<Store> {
  const [dir, ledger] = [resolve(settings.data, 'store'), resolve(settings.data, 'ledger')];
  await disk.makeDir(dir);
  await disk.makeDir(ledger);
  const confine = settings.confine !== 'off' && canConfine();
  if (!confine && settings.confine === 'required')
    throw new Failure('bad_setting', 'confine is "required", but bubblewrap (bwrap) does not work here.');
  if (!confine && settings.confine === 'auto')
    log.warn('the search store runs unconfined: install bubblewrap, or set confine to off');
  const onCrash = (how: string): void => log.error({ how }, 'the search store ended; it is started again');
  return Store.open({ dir, ledger, confine, onCrash });
}

/** Opens a data directory and puts the rooms together. `seal: false` for tools that only read. */
export async function openEngine(
  settings: Settings,
  options: { seal?: boolean; disk?: Disk } = {},
): Promise<OpenEngine> {
  const disk = options.disk ?? realDisk;
  const log = createLogger(settings.log_level);
  const packs = loadPacks(settings.packs === '' ? OWN_PACKS : settings.packs);
  await usable(disk, settings.data);
  const unlock = await lock(settings.data);
  const transit =
    settings.transit_url === ''
      ? null
      : new Transit({
          url: settings.transit_url,
          mount: settings.transit_mount,
          token: settings.transit_token,
        });
  const keysDir = join(settings.data, 'keys');
  const master =
    transit === null ? settings.master_key || undefined : await unwrapMaster(disk, keysDir, transit);
  const keyring = await Keyring.open(disk, keysDir, master);
  const control = await openDatabase<Tables>(join(settings.data, 'control.db'), {
    ...accessMigrations,
    ...vaultMigrations,
    ...ledgerMigrations,
    ...storeMigrations,
    ...rightsMigrations,
    ...witnessMigrations,
    ...integrityMigrations,
  });
  const witness = await openWitness(settings, control.db as never, keyring);
  const tenants = await Tenants.load(control.db as never);
  const keys = await Keys.load(control.db as never);
  const vault = new Vault(control.raw, keyring);
  for (const tenant of tenants.all()) await vault.addTenant(tenant.id);
  const guard = new Guard(packs.values(), vault);
  const heads = await Heads.load(control.db as never);
  const journal = await Journal.open({ dir: join(settings.data, 'journal'), disk, passed: heads.position });
  const originOf = (name: LogName): string =>
    `${tenants.get(splitLog(name).tenant)?.host ?? settings.origin}/${name}`;
  const signer = signerOf(keyring, transit);
  const ledger = new Ledger({ dir: join(settings.data, 'ledger'), disk, heads, signer, origin: originOf });
  await ledger.repair();
  const cosigning = openCosigning(settings, ledger, heads, originOf, disk, log);
  const reader = new LedgerReader(disk, join(settings.data, 'ledger'));
  const failed = (room: string) => (error: unknown) =>
    log.error(
      { room, code: error instanceof Failure ? error.code : systemCode(error), at: safeStackFrames(error) },
      'a follower failed and will try again',
    );
  const sealer = new Sealer(journal, ledger, heads, failed('ledger'));
  const store = await openStore(disk, settings, log);
  const indexer = new Indexer(control.db as never, store, sealer, failed('store'));
  await indexer.load();
  const exporter = new Exporter({
    disk,
    ledger: reader,
    store,
    signer,
    caughtUp: (signal) => indexer.caughtUp(signal),
    verifier: VERIFIER,
  });
  const pipeline = new Pipeline(guard, vault, journal, systemClock);
  const holds = new Holds(control.db as never, systemClock);
  const erasures = new Erasures(
    control.db as never,
    vault,
    holds,
    surroundings(settings, { pipeline, sealer, store, tenants, packs }),
    systemClock,
  );
  if (journal.cut > 0)
    log.warn({ bytes: journal.cut }, 'cut a torn tail off the journal: it was never acknowledged');
  let settled = heads.position;
  const scrubber = await Scrubber.open({
    db: control.db as never,
    sink: pipeline,
    tenant: (id) => {
      const tenant = tenants.get(id);
      return tenant && { id, slug: tenant.slug, packs: [PLATFORM_PACK] };
    },
    log,
    clock: systemClock,
    rate: Number(settings.integrity_rate),
    every: Number(settings.integrity_round) * 1_000,
    onError: failed('integrity'),
    scene: {
      dir: join(settings.data, 'ledger'),
      files: new MeteredFiles(),
      heads,
      manifest: new Manifest(control.db as never),
      signer,
      origin: originOf,
      sealing: {
        begun: () => journal.durable,
        settled: () => settled,
        quiet: () => settled === heads.position,
      },
    },
  });
  if (options.seal !== false) {
    sealer.onSealed(() => {
      settled = heads.position;
      indexer.wake();
      cosigning?.wake();
      scrubber.wake();
      void journal.release(heads.position).catch(failed('journal'));
    });
    sealer.start();
    indexer.start();
    void erasures.resume().catch(failed('rights'));
    cosigning?.wake();
    scrubber.start();
  }

  return {
    guard,
    vault,
    pipeline,
    journal,
    ledger,
    sealer,
    store,
    indexer,
    witness,
    cosigning,
    exporter,
    scrubber,
    tenants,
    keys,
    packs,
    erasures,
    holds,
    log,
    disk,
    originOf,
    cursorKey: await keyring.getOrCreate('cursor'),
    async addTenant(slug, packNames, region) {
      const tenant = await tenants.create(slug, packNames, region, settings.origin, toRfc3339(systemClock()));
      await vault.addTenant(tenant.id);
      return tenant;
    },
    async indexedTo(position, signal) {
      return (await sealer.sealedTo(position, signal)) && (await indexer.caughtUp(signal));
    },
    async proofOf(tenant, eventId) {
      const streams = streamsOf(packs, tenant.packs);
      const scope = { tenant: tenant.id, streams, ...ALL_TIME, now: systemClock() };
      const [row] = await store.query<RecordRow>(compileById(eventId, scope));
      if (row === undefined) return null;
      const leaf = Number(row.leaf);
      const proof = await proveRecord(disk, reader, `${tenant.id}/${row.stream}`, leaf, row.slot);
      return { event_id: eventId, stream: row.stream, index: leaf, proof };
    },
    async logsOf(tenant) {
      const own = heads.all().filter((head) => splitLog(head.log).tenant === tenant.id);
      return Promise.all(
        own.map(async (head) => ({
          tenant: tenant.id,
          stream: splitLog(head.log).stream,
          origin: originOf(head.log),
          vkey: await signer.vkey(tenant.id, originOf(head.log)),
          size: head.size,
        })),
      );
    },
    async close() {
      await scrubber.stop();
      await journal.close();
      await sealer.stop();
      await cosigning?.stop();
      await indexer.stop();
      await store.close();
      await keys.saveUse(toRfc3339(systemClock()));
      await control.close();
      await unlock();
    },
  };
}

const SEALED_WITHIN_MS = 30_000;

/** What an erasure needs of the other rooms. */
function surroundings(
  settings: Settings,
  rooms: Pick<OpenEngine, 'pipeline' | 'sealer' | 'store' | 'tenants' | 'packs'>,
): Surroundings {
  const known = (id: string): TenantInfo => {
    const tenant = rooms.tenants.get(id);
    if (tenant === undefined) throw new Failure('not_found', 'There is no such tenant.');
    return tenant;
  };
  const accessLog = new AccessLog(rooms.pipeline, systemClock);
  const own = ['journal', 'ledger', 'store', 'keys', 'control.db', 'control.db-wal', 'control.db-shm'];
  const others = settings.erasure_scan.split(',').filter((path) => path.trim() !== '');
  return {
    async record(tenant, by, record) {
      const position = await accessLog.record(known(tenant), by, {
        ...record,
        entity: { type: 'subject', id: record.subject },
      });
      if (!(await rooms.sealer.sealedTo(position, AbortSignal.timeout(SEALED_WITHIN_MS))))
        throw new Failure(
          'not_sealed',
          'The record of the erasure is on disk but not sealed yet; ask again.',
        );
    },
    async rowsHolding(id, text) {
      const tenant = known(id);
      const scope = { tenant: id, streams: streamsOf(rooms.packs, tenant.packs), ...ALL_TIME };
      const [row] = await rooms.store.query<{ n: string | number }>(
        compileHolding(text, { ...scope, now: systemClock() }),
      );
      return Number(row?.n ?? 0);
    },
    places: [
      ...own.map((name) => ({ name, path: join(settings.data, name) })),
      ...others.map((path, i) => ({ name: `erasure_scan ${i + 1}`, path: path.trim() })),
    ],
  };
}

/** All streams a tenant may have records in. */
export function streamsOf(packs: ReadonlyMap<string, Pack>, names: readonly string[]): string[] {
  const declared = [...names, PLATFORM_PACK].flatMap(
    (name) => packs.get(name)?.events.map((e) => e.stream) ?? [],
  );
  return [...new Set([...declared, 'logs'])].sort();
}
