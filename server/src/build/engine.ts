import { join } from 'node:path';
import { Keys } from '../access/keys.js';
import { type AccessTables, accessMigrations } from '../access/tables.js';
import { Tenants } from '../access/tenants.js';
import type { Engine } from '../api/engine.js';
import { type ArchiveTables, archiveMigrations } from '../archive/tables.js';
import { type Clock, systemClock, toRfc3339 } from '../base/clock.js';
import { openDatabase } from '../base/database.js';
import { type Disk, realDisk } from '../base/disk.js';
import { Failure, systemCode } from '../base/errors.js';
import { createLogger, type Logger } from '../base/logger.js';
import type { Settings } from '../base/settings.js';
import { safeStackFrames } from '../base/stack.js';
import { type LogName, splitLog } from '../event/stages.js';
import { Exporter } from '../export/exporter.js';
import { Guard } from '../guard/index.js';
import { Rehearsal } from '../guard/rehearsal.js';
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
import { Signer } from '../ledger/signer.js';
import { SigningKeys } from '../ledger/signing-keys.js';
import { type LedgerTables, ledgerMigrations } from '../ledger/tables.js';
import { loadPacks } from '../pack/load.js';
import type { Pack } from '../pack/model.js';
import { Pipeline } from '../pipeline.js';
import { compileById, type RecordRow } from '../query/compile.js';
import { Minimums } from '../retention/minimums.js';
import { type RetentionTables, retentionMigrations } from '../retention/tables.js';
import { type ReviewTables, reviewMigrations } from '../review/tables.js';
import { ConsentBook } from '../rights/consent-book.js';
import { Consents } from '../rights/consents.js';
import { Erasures } from '../rights/erasure.js';
import { Holds } from '../rights/holds.js';
import { repeatErasures } from '../rights/repeat.js';
import { type RightsTables, rightsMigrations } from '../rights/tables.js';
import { Indexer, type SealedSizes, type StoreTables, storeMigrations } from '../store/indexer.js';
import { type VaultTables, vaultMigrations } from '../vault/tables.js';
import { Vault } from '../vault/vault.js';
import { type WitnessTables, witnessMigrations } from '../witness/tables.js';
import { openArchiver } from './archive.js';
import { lock, usable } from './data-dir.js';
import { openKeys } from './keys.js';
import { recorder } from './records.js';
import { recordsBeyond } from './restored.js';
import { openRetention } from './retention.js';
import { openReview } from './review.js';
import { surroundings } from './rights.js';
import { openRotation } from './rotation.js';
import { platformSender, recordNow } from './security.js';
import { openStore } from './store.js';
import { ALL_TIME, streamsOf } from './streams.js';
import { openCosigning, openWitness } from './witnesses.js';

type Tables = AccessTables &
  ArchiveTables &
  IntegrityTables &
  LedgerTables &
  RetentionTables &
  ReviewTables &
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
  readonly heads: Heads;
  readonly manifest: Manifest;
  close(): Promise<void>;
}

/** A program that is started anew every day would never come to a review that waits a day. */
const FIRST_REVIEW_MS = 3_600_000;

/** Folder of the packs that come with the program. */
const OWN_PACKS = join(import.meta.dirname, '../../../packs');

/** The proof package in one file, made by `npm run build`. */
const VERIFIER = join(import.meta.dirname, '../../../proof/dist/verify.mjs');

/** Opens a data directory and puts the rooms together. `seal: false` for tools that only read. */
export async function openEngine(
  settings: Settings,
  options: { seal?: boolean; disk?: Disk; clock?: Clock } = {},
): Promise<OpenEngine> {
  const disk = options.disk ?? realDisk;
  const clock = options.clock ?? systemClock;
  const log = createLogger(settings.log_level);
  const packs = loadPacks(settings.packs === '' ? OWN_PACKS : settings.packs);
  await usable(disk, settings.data);
  const unlock = await lock(settings.data);
  const { keyring, stores } = await openKeys(disk, settings);
  const control = await openDatabase<Tables>(join(settings.data, 'control.db'), {
    ...accessMigrations,
    ...vaultMigrations,
    ...ledgerMigrations,
    ...storeMigrations,
    ...retentionMigrations,
    ...reviewMigrations,
    ...rightsMigrations,
    ...witnessMigrations,
    ...integrityMigrations,
    ...archiveMigrations,
  });
  const signingKeys = await SigningKeys.load(control.db as never, stores);
  const signer = new Signer((tenant) => signingKeys.inForce(tenant));
  const witness = await openWitness(settings, control.db as never, keyring);
  const tenants = await Tenants.load(control.db as never);
  const keys = await Keys.load(control.db as never);
  const vault = new Vault(control.raw, keyring);
  for (const tenant of tenants.all()) await vault.addTenant(tenant.id);
  const consentBook = new ConsentBook(control.raw);
  const guard = new Guard(packs.values(), vault, consentBook);
  const heads = await Heads.load(control.db as never);
  const journal = await Journal.open({ dir: join(settings.data, 'journal'), disk, passed: heads.position });
  const originOf = (name: LogName): string =>
    `${tenants.get(splitLog(name).tenant)?.host ?? settings.origin}/${name}`;
  const ledger = new Ledger({
    dir: join(settings.data, 'ledger'),
    disk,
    heads,
    signer,
    origin: originOf,
    clock,
  });
  await ledger.repair();
  const manifest = new Manifest(control.db as never);
  const cosigning = openCosigning(settings, ledger, heads, originOf, disk, log);
  const reader = new LedgerReader(disk, join(settings.data, 'ledger'));
  const vkeys = (name: LogName) => signer.vkeys(splitLog(name).tenant, originOf(name));
  const beyond = recordsBeyond(tenants.all(), { disk, heads, ledger, reader, vkeys });
  const repeated = await repeatErasures(vault, beyond);
  if (repeated > 0) log.warn({ subjects: repeated }, 'a restored control database: erasures were repeated');
  const failed = (room: string) => (error: unknown) =>
    log.error(
      { room, code: error instanceof Failure ? error.code : systemCode(error), at: safeStackFrames(error) },
      'a follower failed and will try again',
    );
  const pipeline = new Pipeline(guard, vault, journal, clock);
  const archiver =
    options.seal === false
      ? null
      : await openArchiver(settings, {
          db: control.db as never,
          ...{ disk, heads, manifest, signer, originOf, tenants, packs, log },
          record: (name, code) =>
            recordNow(pipeline, tenants, {
              action: 'archive_conflict',
              actor: 'archive',
              result: 'failure',
              log: name,
              details: { code },
            }),
        });
  const sealer = new Sealer(journal, ledger, heads, failed('ledger'));
  const store = await openStore(disk, settings, log);
  const minimums = await Minimums.load(control.db as never);
  const logs: SealedSizes = {
    sizes: () => sealer.sizes(),
    begin: (name) => minimums.of(name).index,
    veil: (name, from, to) => ({
      withheld: incidents.withheld(name, from, to).map(({ leaf, slot }) => ({ leaf, slot })),
      addressesBelow: anonymisation.below(name),
    }),
  };
  const indexer = new Indexer(control.db as never, store, logs, failed('store'));
  await indexer.load();
  const exporter = new Exporter({
    disk,
    ledger: reader,
    store,
    signer,
    minimum: (name) => minimums.of(name).index,
    withheld: (name, from, to) => incidents.withheld(name, from, to),
    caughtUp: (signal) => indexer.caughtUp(signal),
    verifier: VERIFIER,
  });
  const holds = new Holds(control.db as never, clock);
  const record = recorder({ pipeline, sealer, tenants }, clock);
  const consents = new Consents(
    control.db as never,
    consentBook,
    (tenant, by, { subject, ...entry }) =>
      record(tenant, by, { ...entry, result: 'success', entity: { type: 'subject', id: subject } }),
    clock,
  );
  const erasures = new Erasures(
    control.db as never,
    vault,
    holds,
    surroundings(settings, { store, tenants, packs }, record, clock),
    clock,
  );
  const { rules, expiry, anonymisation } = await openRetention(
    control.db as never,
    { sealer, store, indexer, holds, tenants, packs, originOf, disk, reader, signer, minimums },
    record,
    clock,
    failed('retention'),
  );
  const { incidents, review } = await openReview(
    settings,
    control.db as never,
    { pipeline, sealer, store, indexer, tenants, anonymisation, reader, minimums, log },
    clock,
    failed('review'),
  );
  if (journal.cut > 0)
    log.warn({ bytes: journal.cut }, 'cut a torn tail off the journal: it was never acknowledged');
  let settled = heads.position;
  const scrubber = await Scrubber.open({
    db: control.db as never,
    sink: pipeline,
    tenant: platformSender(tenants),
    log,
    clock,
    rate: Number(settings.integrity_rate),
    every: Number(settings.integrity_round) * 1_000,
    onError: failed('integrity'),
    scene: {
      dir: join(settings.data, 'ledger'),
      files: new MeteredFiles(),
      heads,
      manifest,
      signer,
      origin: originOf,
      minimum: (name) => minimums.of(name),
      sealing: {
        begun: () => journal.durable,
        settled: (log) => (log !== undefined && heads.stopped.has(log) ? 0 : settled),
        quiet: () => ledger.quiet && settled === heads.position,
      },
    },
  });
  const proofOf: Engine['proofOf'] = async (tenant, eventId, under = 'checkpoint') => {
    const streams = streamsOf(packs, tenant.packs);
    const scope = { tenant: tenant.id, streams, ...ALL_TIME, now: clock() };
    const [row] = await store.query<RecordRow>(compileById(eventId, scope));
    if (row === undefined) return null;
    const leaf = Number(row.leaf);
    const name: LogName = `${tenant.id}/${row.stream}`;
    if (incidents.withholding(name, { leaf, slot: row.slot }) !== undefined)
      throw new Failure(
        'quarantined',
        'The record is withheld because of a privacy incident, and its proof would carry it. Its hash stands in the tile of its leaf.',
      );
    const proof = await proveRecord(disk, reader, name, leaf, row.slot, under);
    return { event_id: eventId, stream: row.stream, index: leaf, proof };
  };
  const rotation = openRotation(
    signingKeys,
    { ledger, indexer, tenants, originOf, expiry, proofOf },
    record,
    clock,
  );
  if (options.seal !== false) {
    sealer.onSealed(() => {
      settled = heads.position;
      indexer.wake();
      cosigning?.wake();
      archiver?.wake();
      scrubber.wake();
      void journal.release(heads.released).catch(failed('journal'));
    });
    sealer.start();
    indexer.start();
    void erasures.resume().catch(failed('rights'));
    void consents.resume().catch(failed('rights'));
    void rotation.resume().catch(failed('ledger'));
    cosigning?.wake();
    archiver?.start();
    scrubber.start();
    expiry.start(Number(settings.expiry_round) * 1_000);
    anonymisation.start(Number(settings.expiry_round) * 1_000);
    incidents.start();
    review.start(Number(settings.review_round) * 1_000, FIRST_REVIEW_MS);
  }

  return {
    guard,
    rehearsal: new Rehearsal(packs.values()),
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
    archiver,
    scrubber,
    tenants,
    keys,
    packs,
    rotation,
    erasures,
    holds,
    consents,
    rules,
    expiry,
    anonymisation,
    incidents,
    review,
    minimums,
    log,
    disk,
    originOf,
    heads,
    manifest,
    cursorKey: await keyring.getOrCreate('cursor'),
    async addTenant(slug, packNames, region) {
      const tenant = await tenants.create(slug, packNames, region, settings.origin, toRfc3339(clock()));
      await vault.addTenant(tenant.id);
      return tenant;
    },
    async indexedTo(position, signal) {
      return (await sealer.sealedTo(position, signal)) && (await indexer.caughtUp(signal));
    },
    proofOf,
    async logsOf(tenant) {
      const own = heads.all().filter((head) => splitLog(head.log).tenant === tenant.id);
      return Promise.all(
        own.map(async (head) => {
          const origin = originOf(head.log);
          const vkeys = await signer.vkeys(tenant.id, origin);
          const { stream } = splitLog(head.log);
          return { tenant: tenant.id, stream, origin, vkey: vkeys.at(-1) ?? '', vkeys, size: head.size };
        }),
      );
    },
    async close() {
      await review.stop();
      await incidents.stop();
      await anonymisation.stop();
      await expiry.stop();
      await scrubber.stop();
      await journal.close();
      await sealer.stop();
      await cosigning?.stop();
      await archiver?.stop();
      await indexer.stop();
      await store.close();
      await keys.saveUse(toRfc3339(clock()));
      await control.close();
      await unlock();
    },
  };
}
