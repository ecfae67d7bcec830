import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyLog } from '@prooflog/proof';
import { directorySource } from '@prooflog/proof/node';
import { DEFAULTS } from '../base/settings.js';
import { type OpenEngine, openEngine } from '../build/engine.js';
import type { LogName, Sender } from '../event/stages.js';
import { proveRecord } from '../ledger/proofs.js';
import { LedgerReader } from '../ledger/reader.js';
import { sampleEvent } from './events.js';
import { bareHashes, perSecond } from './machine.js';
import { shown, type Table } from './table.js';

const BATCH = 2_000;
/** Records over which the rate of sealing is taken, up to the size that is measured. */
const WINDOW = 200_000;

/** One log that grows: what sealing, proving and verifying cost at each of these sizes. */
export async function measureLedger(
  dir: string,
  sizes: readonly number[],
  seconds: number,
  say: (text: string) => void,
): Promise<Table> {
  const settings = { ...DEFAULTS, data: join(dir, 'data'), confine: 'off' };
  const engine = await openEngine(settings, { seal: false });
  try {
    const log = await GrowingLog.create(engine, settings.data);
    const rows: string[][] = [];
    for (const size of sizes) {
      say(`a log of ${size.toLocaleString('en')} records …`);
      rows.push(await measureAt(log, size, seconds));
    }
    return {
      name: 'ledger',
      how: 'one log that grows',
      head: [
        'records',
        'sealed/s',
        'proofs/s',
        'verified/s',
        'bare SHA-256/s of as many bytes',
        'bytes/record',
        'of them beside the record',
      ],
      rows,
    };
  } finally {
    await engine.close();
  }
}

async function measureAt(log: GrowingLog, size: number, seconds: number): Promise<string[]> {
  await log.growTo(size);
  const { bytes, own } = await log.bytes();
  const proofs = await perSecond(seconds, () => log.prove(Math.floor(Math.random() * size)));
  const verified = await log.verify();
  const bare = await bareHashes(Math.round(own / size), seconds);
  return [
    size.toLocaleString('en'),
    shown(log.sealedPerSecond),
    shown(proofs),
    `${shown(verified)} (${((100 * verified) / bare).toFixed(0)} % of bare)`,
    shown(bare),
    shown(bytes / size),
    shown((bytes - own) / size),
  ];
}

/** Fed through guard and journal like any log; only the sealing is timed, in steps as the sealer makes them. */
class GrowingLog {
  /** Over the last records before the size that was asked for. */
  sealedPerSecond = 0;
  readonly #engine: OpenEngine;
  readonly #sender: Sender;
  readonly #log: LogName;
  readonly #reader: LedgerReader;
  #position = 0;

  private constructor(engine: OpenEngine, sender: Sender, ledgerDir: string) {
    this.#engine = engine;
    this.#sender = sender;
    this.#log = `${sender.tenant.id}/audit`;
    this.#reader = new LedgerReader(engine.disk, ledgerDir);
  }

  static async create(engine: OpenEngine, data: string): Promise<GrowingLog> {
    const tenant = await engine.addTenant('bench', ['company-governance'], 'eu');
    return new GrowingLog(engine, { tenant, credential: 'bench' }, join(data, 'ledger'));
  }

  async growTo(size: number): Promise<void> {
    let timed = 0;
    let ms = 0;
    for (let at = this.#engine.ledger.size(this.#log); at < size; at += BATCH) {
      const count = Math.min(BATCH, size - at);
      const took = await this.#append(count);
      if (at < size - WINDOW) continue;
      timed += count;
      ms += took;
    }
    this.sealedPerSecond = timed / (ms / 1_000);
  }

  /** @returns milliseconds for reading the journal, sealing and publishing. */
  async #append(count: number): Promise<number> {
    const items = Array.from({ length: count }, (_, index) => ({ index, value: sampleEvent(Date.now()) }));
    const { accepted, position } = await this.#engine.pipeline.events(items, [], this.#sender);
    if (accepted !== count) throw new Error(`${count - accepted} sample events were refused`);
    const start = performance.now();
    while (this.#position < position) {
      const entries = await this.#engine.journal.read(this.#position);
      await this.#engine.ledger.seal(entries);
      this.#position = entries.at(-1)?.next ?? position;
    }
    const took = performance.now() - start;
    await this.#engine.journal.release(this.#position);
    return took;
  }

  /** Makes the proof of one record and checks it. */
  async prove(leaf: number): Promise<void> {
    const proofText = await proveRecord(this.#engine.disk, this.#reader, this.#log, leaf, 0);
    if (proofText.length === 0) throw new Error('there is no proof');
  }

  /** @returns records a second, on one core. */
  async verify(): Promise<number> {
    const start = performance.now();
    const report = await verifyLog(directorySource(this.#reader.dirOf(this.#log)));
    if (report.status !== 'verified') throw new Error(`the log is ${report.status}`);
    return report.records / ((performance.now() - start) / 1_000);
  }

  /** Bytes of all files of the log, and of the records themselves in them. */
  async bytes(): Promise<{ bytes: number; own: number }> {
    const dir = this.#reader.dirOf(this.#log);
    let bytes = 0;
    let own = -2 * this.#engine.ledger.size(this.#log);
    for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const { size } = await stat(join(entry.parentPath, entry.name));
      bytes += size;
      if (entry.parentPath.startsWith(join(dir, 'tile/entries'))) own += size;
    }
    return { bytes, own };
  }
}
