import { join } from 'node:path';
import { type AccessTables, accessMigrations } from '../../src/access/tables.js';
import { openDatabase } from '../../src/base/database.js';
import { realDisk } from '../../src/base/disk.js';
import { Keyring } from '../../src/base/keyring.js';
import { createLogger } from '../../src/base/logger.js';
import type { LogInput } from '../../src/event/log-input.js';
import type { LogName, Sender } from '../../src/event/stages.js';
import { Guard } from '../../src/guard/index.js';
import { MeteredFiles } from '../../src/integrity/files.js';
import type { Found } from '../../src/integrity/findings.js';
import { LogWatch } from '../../src/integrity/log-watch.js';
import { Scrubber } from '../../src/integrity/scrubber.js';
import { type IntegrityTables, integrityMigrations } from '../../src/integrity/tables.js';
import { Journal } from '../../src/journal/journal.js';
import { Heads } from '../../src/ledger/heads.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { Manifest } from '../../src/ledger/manifest.js';
import { LedgerReader } from '../../src/ledger/reader.js';
import { Sealer } from '../../src/ledger/sealer.js';
import type { Signer } from '../../src/ledger/signer.js';
import { type LedgerTables, ledgerMigrations } from '../../src/ledger/tables.js';
import { loadPacks } from '../../src/pack/load.js';
import { Pipeline } from '../../src/pipeline.js';
import { type VaultTables, vaultMigrations } from '../../src/vault/tables.js';
import { Vault } from '../../src/vault/vault.js';
import { auditEvent } from './events.js';
import { ROOT } from './program.js';
import { keyringSigner } from './signer.js';

const TENANT = { id: 't0123456789abcdef', slug: 'acme' };
const SENDER: Sender = { tenant: { ...TENANT, packs: ['company-governance'] }, credential: 'test' };
type Tables = AccessTables & IntegrityTables & LedgerTables & VaultTables;

const line = (n: number): LogInput => ({
  timeUnixNano: BigInt(1_700_000_000_000 + n) * 1_000_000n,
  observedTimeUnixNano: 0n,
  severityNumber: 9,
  severityText: 'INFO',
  body: `line ${n}`,
  attributes: new Map(),
  resource: new Map([['service.name', 'lab']]),
  scopeName: '',
  scopeVersion: '',
  scopeAttributes: new Map(),
  traceId: '',
  spanId: '',
  eventName: '',
});

/** A record of the stream `security`, as it was sealed. */
export interface Alarm {
  readonly event_id: string;
  readonly action: string;
  readonly metadata: {
    readonly details: { log: string; code: string; path: string; index?: number; event_id?: string };
  };
}

/**
 * Everything from the guard to the ledger and the scrubber, without HTTP and search, where a test decides when the
 * sealer and the scrubber make their next step.
 */
export class Lab {
  readonly ledgerDir: string;
  readonly tenant = TENANT.id;
  readonly #parts: Awaited<ReturnType<typeof open>>;
  readonly #watches = new Map<string, LogWatch>();
  #found: Found[] = [];
  #atRest = false;
  #sealing = false;

  private constructor(dir: string, parts: Awaited<ReturnType<typeof open>>) {
    this.ledgerDir = join(dir, 'ledger');
    this.#parts = parts;
  }

  static async open(dir: string): Promise<Lab> {
    return new Lab(dir, await open(dir));
  }

  get scrubber(): Scrubber {
    return this.#parts.scrubber;
  }

  /** From here on the sealer works by itself; {@link seal} is not to be called any more. */
  startSealer(): Sealer {
    this.#sealing = true;
    this.#parts.sealer.start();
    return this.#parts.sealer;
  }

  get ledger(): Ledger {
    return this.#parts.ledger;
  }

  get signer(): Signer {
    return this.#parts.signer;
  }

  /** Journal position up to which everything is on disk. */
  get durable(): number {
    return this.#parts.journal.durable;
  }

  logDir(stream: string): string {
    return join(this.ledgerDir, TENANT.id, stream);
  }

  sizes(): Map<LogName, number> {
    return this.#parts.sealer.sizes();
  }

  /** Audit events through the whole pipeline into the journal. */
  async send(count: number): Promise<void> {
    const items = Array.from({ length: count }, (_, index) => ({ index, value: auditEvent() }));
    const { rejected } = await this.#parts.pipeline.events(items, [], SENDER);
    if (rejected.length > 0) throw new Error(JSON.stringify(rejected[0]));
  }

  /** Each a request of its own, and so a block. */
  async sendLogs(blocks: number, lines: number): Promise<void> {
    for (let n = 0; n < blocks; n++)
      await this.#parts.pipeline.logs(
        Array.from({ length: lines }, (_, i) => line(n * lines + i)),
        SENDER,
      );
  }

  /** Seals all that is in the journal. */
  async seal(): Promise<void> {
    const { journal, heads, ledger } = this.#parts;
    for (;;) {
      const entries = await journal.read(heads.position);
      if (entries.length === 0) break;
      await ledger.seal(entries);
    }
    this.#parts.settle();
  }

  /**
   * What one round over one log finds by itself, without anything being kept or raised.
   * @param entriesOnly leaves out checkpoint, key and unexpected files.
   */
  async check(stream: string, entriesOnly = false): Promise<Found[]> {
    const report = async (_: LogName, one: Found): Promise<void> => void this.#found.push(one);
    const make = () => new LogWatch({ ...this.#parts.scene, report }, `${TENANT.id}/${stream}`, entriesOnly);
    // What a round has proven is remembered by the next, as in the program.
    const watch = entriesOnly ? make() : (this.#watches.get(stream) ?? make());
    if (!entriesOnly) this.#watches.set(stream, watch);
    this.#found = [];
    for await (const _ of entriesOnly ? watch.fresh() : watch.round());
    return this.#found;
  }

  /** Steps until a round that began after the call is over. */
  async round(): Promise<void> {
    for (let rests = this.#atRest ? 1 : 2; rests > 0; ) {
      const step = await this.scrubber.step();
      // A record of a finding waits for the sealer too.
      if (step === 'wait') await (this.#sealing ? new Promise(setImmediate) : this.seal());
      if (step === 'rest') rests -= 1;
    }
    this.#atRest = true;
  }

  open(stream = 'audit') {
    return this.scrubber.status().find((s) => s.log === `${TENANT.id}/${stream}`)?.findings ?? [];
  }

  allOpen() {
    return this.scrubber.status().flatMap((s) => s.findings);
  }

  /** What was sealed in the stream `security`. */
  async alarms(): Promise<Alarm[]> {
    await this.seal();
    const log: LogName = `${TENANT.id}/security`;
    const size = this.sizes().get(log) ?? 0;
    const alarms: Alarm[] = [];
    for await (const sealed of new LedgerReader(realDisk, this.ledgerDir).read(log, 0, size, size))
      alarms.push(JSON.parse(Buffer.from(sealed.bytes).toString()) as Alarm);
    return alarms;
  }

  async close(): Promise<void> {
    await this.scrubber.stop();
    await this.#parts.journal.close();
    await this.#parts.sealer.stop();
    await this.#parts.control.close();
  }
}

async function open(dir: string) {
  const control = await openDatabase<Tables>(join(dir, 'control.db'), {
    ...accessMigrations,
    ...vaultMigrations,
    ...ledgerMigrations,
    ...integrityMigrations,
  });
  const keyring = await Keyring.open(realDisk, join(dir, 'keys'));
  const vault = new Vault(control.raw, keyring);
  await vault.addTenant(TENANT.id);
  const clock = (): number => Date.now();
  const heads = await Heads.load(control.db as never);
  const journal = await Journal.open({ dir: join(dir, 'journal'), disk: realDisk, passed: heads.position });
  const pipeline = new Pipeline(
    new Guard(loadPacks(join(ROOT, 'packs')).values(), vault, { granted: () => false }),
    vault,
    journal,
    clock,
  );
  const signer = keyringSigner(keyring);
  const origin = (log: LogName): string => `test.example/${log}`;
  const ledger = new Ledger({ dir: join(dir, 'ledger'), disk: realDisk, heads, signer, origin });
  await ledger.repair();
  const fail = (error: unknown): void => {
    throw error;
  };
  const sealer = new Sealer(journal, ledger, heads, fail);
  let settled = heads.position;
  const settle = (): void => {
    settled = heads.position;
  };
  sealer.onSealed(settle);
  const scene = {
    dir: join(dir, 'ledger'),
    files: new MeteredFiles(),
    heads,
    manifest: new Manifest(control.db as never),
    signer,
    origin,
    minimum: () => ({ index: 0, settled: true }),
    sealing: {
      begun: () => journal.durable,
      settled: (log?: LogName) => (log !== undefined && heads.stopped.has(log) ? 0 : settled),
      quiet: () => ledger.quiet && settled === heads.position,
    },
  };
  const scrubber = await Scrubber.open({
    db: control.db as never,
    sink: pipeline,
    tenant: (id) => (id === TENANT.id ? { ...TENANT, packs: ['prooflog'] } : undefined),
    log: createLogger('silent'),
    clock,
    rate: 2 ** 40,
    every: 0,
    onError: fail,
    scene,
  });
  return { control, heads, journal, pipeline, signer, ledger, sealer, scrubber, scene, settle };
}
