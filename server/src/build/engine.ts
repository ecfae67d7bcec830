import { join } from 'node:path';
import { Keys } from '../access/keys.js';
import { Regions } from '../access/regions.js';
import { Tenants } from '../access/tenants.js';
import type { Engine } from '../api/engine.js';
import { type Clock, systemClock, toRfc3339 } from '../base/clock.js';
import { type Disk, realDisk } from '../base/disk.js';
import { Failure, systemCode } from '../base/errors.js';
import { createLogger, type Logger } from '../base/logger.js';
import type { Settings } from '../base/settings.js';
import { safeStackFrames } from '../base/stack.js';
import { splitLog } from '../event/stages.js';
import { Exporter } from '../export/exporter.js';
import { CountryDatabase } from '../geo/database.js';
import { Guard } from '../guard/index.js';
import { Rehearsal } from '../guard/rehearsal.js';
import { Journal } from '../journal/journal.js';
import type { Heads } from '../ledger/heads.js';
import type { Manifest } from '../ledger/manifest.js';
import { Sealer } from '../ledger/sealer.js';
import { loadPacks } from '../pack/load.js';
import type { Pack } from '../pack/model.js';
import { Pipeline } from '../pipeline.js';
import { ConsentBook } from '../rights/consent-book.js';
import { repeatErasures } from '../rights/repeat.js';
import { Indexer, type SealedSizes } from '../store/indexer.js';
import { Vault } from '../vault/vault.js';
import { openArchiver } from './archive.js';
import { openControl } from './control.js';
import { lock, usable } from './data-dir.js';
import { openKeys } from './keys.js';
import { openLedger } from './ledger.js';
import { receipts } from './receipts.js';
import { recorder } from './records.js';
import { recordsBeyond } from './restored.js';
import { openAnonymisation, openExpiry, openRules } from './retention.js';
import { openReview } from './review.js';
import { openRights } from './rights.js';
import { openRotation } from './rotation.js';
import { openScrubber } from './scrubber.js';
import { openStore } from './store.js';
import { openCosigning, openWitness } from './witnesses.js';

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
  const regions = Regions.parse(settings.regions, settings.region_addresses);
  const packs = loadPacks(settings.packs === '' ? OWN_PACKS : settings.packs);
  const countries =
    settings.geoip_database === '' || options.seal === false
      ? null
      : CountryDatabase.open(settings.geoip_database, log);
  await usable(disk, settings.data);
  const unlock = await lock(settings.data);
  const { keyring, stores } = await openKeys(disk, settings);
  const control = await openControl(settings.data);
  const witness = await openWitness(settings, control.db as never, keyring);
  const tenants = await Tenants.load(control.db as never, regions);
  const strangers = tenants.all().filter(({ region }) => !regions.serves(region)).length;
  if (strangers > 0)
    log.warn(
      { tenants: strangers },
      'tenants of regions that are not served here: requests for them are refused',
    );
  const keys = await Keys.load(control.db as never);
  const vault = new Vault(control.raw, keyring);
  for (const tenant of tenants.all()) await vault.addTenant(tenant.id);
  const consentBook = new ConsentBook(control.raw);
  const guard = new Guard(packs.values(), vault, consentBook, countries ?? undefined);
  const ledgers = await openLedger(settings, { db: control.db as never, disk, clock, stores, tenants });
  const { heads, ledger, reader, minimums, manifest, signer, originOf, vkeys } = ledgers;
  const journal = await Journal.open({
    ...{ dir: join(settings.data, 'journal'), disk, passed: heads.position },
    // Nothing may be acknowledged that could never be sealed; tools that only read may look all the same.
    ...(options.seal === false ? {} : { needed: heads.released }),
  });
  const cosigning = openCosigning(settings, ledger, heads, originOf, disk, log);
  const beyond = recordsBeyond(tenants.all(), { disk, heads, ledger, reader, vkeys });
  const repeated = await repeatErasures(vault, beyond);
  if (repeated > 0) log.warn({ subjects: repeated }, 'a restored control database: erasures were repeated');
  const failed = (room: string) => (error: unknown) =>
    log.error(
      { room, code: error instanceof Failure ? error.code : systemCode(error), at: safeStackFrames(error) },
      'a follower failed and will try again',
    );
  const pipeline = new Pipeline(guard, vault, journal, clock);
  const rules = openRules(control.db as never, { tenants, packs }, clock);
  const archiver =
    options.seal === false
      ? null
      : await openArchiver(
          settings,
          { db: control.db as never, ...ledgers, disk, rules, pipeline, tenants, log },
          clock,
        );
  const sealer = new Sealer(journal, ledger, heads, failed('ledger'));
  const store = await openStore(disk, settings, log);
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
  const record = recorder({ pipeline, sealer, tenants }, clock);
  const { holds, consents, erasures } = openRights(
    settings,
    { db: control.db as never, vault, consentBook, store, tenants, packs },
    record,
    clock,
  );
  const expiry = openExpiry(
    rules,
    { ...ledgers, sealer, store, indexer, holds },
    record,
    clock,
    failed('retention'),
  );
  const anonymisation = await openAnonymisation(
    control.db as never,
    { ...ledgers, sealer, store, indexer, tenants, packs },
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
  const scrubber = await openScrubber(
    settings,
    { db: control.db as never, ...ledgers, pipeline, journal, sealer, tenants, log },
    clock,
    failed('integrity'),
  );
  const proofOf = receipts({ store, packs, disk, reader, incidents }, clock);
  const rotation = openRotation(
    ledgers.signingKeys,
    { ledger, indexer, tenants, originOf, proofOf },
    record,
    clock,
  );
  if (options.seal !== false) {
    sealer.onSealed(() => {
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
    rehearsal: new Rehearsal(packs.values(), countries ?? undefined),
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
      countries?.close();
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
