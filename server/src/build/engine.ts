import { join } from 'node:path';
import { Keys } from '../access/keys.js';
import { type AccessTables, accessMigrations } from '../access/tables.js';
import { Tenants } from '../access/tenants.js';
import { PLATFORM_PACK } from '../api/access-log.js';
import type { Engine } from '../api/engine.js';
import { systemClock, toRfc3339 } from '../base/clock.js';
import { openDatabase } from '../base/database.js';
import { type Disk, realDisk } from '../base/disk.js';
import { Failure, systemCode } from '../base/errors.js';
import { createLogger, type Logger } from '../base/logger.js';
import type { Settings } from '../base/settings.js';
import { safeStackFrames } from '../base/stack.js';
import { type LogName, splitLog } from '../event/stages.js';
import { Exporter } from '../export/exporter.js';
import { Guard } from '../guard/index.js';
import { MeteredFiles } from '../integrity/files.js';
import { Scrubber } from '../integrity/scrubber.js';
import { type IntegrityTables, integrityMigrations } from '../integrity/tables.js';
import { Journal } from '../journal/journal.js';
import { Heads } from '../ledger/heads.js';
import { Ledger } from '../ledger/ledger.js';
import { Manifest } from '../ledger/manifest.js';
import { proveRecord } from '../ledger/proofs.js';
import { LedgerReader } from '../ledger/reader.js';
import { Sealer } from '../ledger/sealer.js';
import { type LedgerTables, ledgerMigrations } from '../ledger/tables.js';
import { loadPacks } from '../pack/load.js';
import type { Pack } from '../pack/model.js';
import { Pipeline } from '../pipeline.js';
import { compileById, type RecordRow } from '../query/compile.js';
import { Erasures } from '../rights/erasure.js';
import { Holds } from '../rights/holds.js';
import { repeatErasures } from '../rights/repeat.js';
import { type RightsTables, rightsMigrations } from '../rights/tables.js';
import { Indexer, type StoreTables, storeMigrations } from '../store/indexer.js';
import { type VaultTables, vaultMigrations } from '../vault/tables.js';
import { Vault } from '../vault/vault.js';
import { type WitnessTables, witnessMigrations } from '../witness/tables.js';
import { lock, usable } from './data-dir.js';
import { openKeys } from './keys.js';
import { recordsBeyond, surroundings } from './rights.js';
import { openStore } from './store.js';
import { ALL_TIME, streamsOf } from './streams.js';
import { openCosigning, openWitness } from './witnesses.js';

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

/** Folder of the packs that come with the program. */
const OWN_PACKS = join(import.meta.dirname, '../../../packs');

/** The proof package in one file, made by `npm run build`. */
const VERIFIER = join(import.meta.dirname, '../../../proof/dist/verify.mjs');

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
  const { keyring, signer } = await openKeys(disk, settings);
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
  const ledger = new Ledger({ dir: join(settings.data, 'ledger'), disk, heads, signer, origin: originOf });
  await ledger.repair();
  const cosigning = openCosigning(settings, ledger, heads, originOf, disk, log);
  const reader = new LedgerReader(disk, join(settings.data, 'ledger'));
  const vkey = (name: LogName) => signer.vkey(splitLog(name).tenant, originOf(name));
  const beyond = recordsBeyond(tenants.all(), { disk, heads, ledger, reader, vkey });
  const repeated = await repeatErasures(vault, beyond);
  if (repeated > 0) log.warn({ subjects: repeated }, 'a restored control database: erasures were repeated');
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
