import { join } from 'node:path';
import { blockPath } from '@prooflog/proof';
import { type Clock, systemClock, toRfc3339 } from '../base/clock.js';
import type { Disk } from '../base/disk.js';
import { Failure } from '../base/errors.js';
import { type Journaled, type LogName, splitLog } from '../event/stages.js';
import { expectBeginning } from './beyond.js';
import { Checkpoints, sizeIn } from './checkpoints.js';
import { conflictOf } from './conflict.js';
import type { Edge, LedgerFile } from './edge.js';
import { toEntry } from './entry.js';
import { LedgerFiles } from './files.js';
import type { Head, Heads } from './heads.js';
import { loadEdge } from './load-edge.js';
import { segmentsOf } from './manifest.js';
import type { Signer } from './signer.js';

export interface LedgerOptions {
  readonly dir: string;
  readonly disk: Disk;
  readonly heads: Heads;
  readonly signer: Signer;
  /** Public name of a log: `<host>/<tenant id>/<stream>`. */
  readonly origin: (log: LogName) => string;
  readonly onKeysChanged?: (log: LogName) => Promise<void>;
  /** For the manifest; nothing in the ledger itself comes from a clock. */
  readonly clock?: Clock;
}

const YIELD_EVERY = 256;

/**
 * The trees of all logs. {@link seal} takes journal entries in order; the same entries always give the same
 * files, so sealing again after a crash is harmless.
 *
 * Order on disk: tiles, bundles and block files → head (compare-and-swap) → checkpoint → partial
 * files of what is now full removed. A crash between any two steps is mended by {@link repair} or by sealing again.
 */
export class Ledger {
  readonly #o: LedgerOptions;
  readonly checkpoints: Checkpoints;
  readonly #files: LedgerFiles;
  readonly #edges = new Map<LogName, Edge>();
  /** Logs whose head or keys have changed and whose checkpoint is still to be published; the latest mark counts. */
  readonly #unpublished = new Map<LogName, number>();
  #marks = 0;

  constructor(options: LedgerOptions) {
    this.#o = options;
    this.#files = new LedgerFiles(options.disk);
    const { disk, heads, signer, origin, onKeysChanged } = options;
    this.checkpoints = new Checkpoints({
      disk,
      heads,
      files: this.#files,
      signer,
      origin,
      ...(onKeysChanged === undefined ? {} : { onKeysChanged }),
      dirOf: (log) => this.dirOf(log),
    });
  }

  dirOf(log: LogName): string {
    return join(this.#o.dir, log);
  }

  size(log: LogName): number {
    return this.#o.heads.get(log)?.size ?? 0;
  }

  /**
   * Seals the entries and moves the sealer's position to the end of the last one. A log in whose files something is
   * wrong stops alone; its entries are left to {@link catchUp}.
   * @returns the Failures `ledger_conflict` of the logs that stopped now.
   */
  async seal(entries: readonly Journaled[]): Promise<Failure[]> {
    const last = entries.at(-1);
    if (last === undefined) return [];
    const written = new Map<LogName, LedgerFile[]>();
    const stopped = new Map<LogName, number>();
    const conflicts: Failure[] = [];
    const wanted = entries.filter(({ log }) => !this.#o.heads.stopped.has(log));
    try {
      for (const [log, own] of byLog(wanted)) {
        const result = await this.#write(log, own);
        if (!(result instanceof Failure)) written.set(log, result);
        else {
          stopped.set(log, own[0]?.position ?? last.next);
          conflicts.push(result);
        }
      }
      await this.#advance(written, last.next, stopped);
    } catch (error) {
      // The edges in memory are ahead of the heads now; they are read anew from disk.
      this.#edges.clear();
      throw error;
    }
    return conflicts;
  }

  /**
   * Seals what a log that stopped has missed, up to `position`; with the sealer's own position it is back.
   * @param entries all of this log from where it stopped up to `position`
   * @throws Failure `ledger_conflict` while its files are not whole.
   */
  async catchUp(log: LogName, entries: readonly Journaled[], position: number): Promise<void> {
    const { heads } = this.#o;
    try {
      const files = entries.length === 0 ? null : await this.#write(log, entries);
      if (files instanceof Failure) throw files;
      const written = new Map(files === null ? [] : [[log, files]]);
      const at = position < heads.position ? position : null;
      await this.#advance(written, heads.position, new Map([[log, at]]));
    } catch (error) {
      this.#edges.delete(log);
      throw error;
    }
  }

  /** Appends entries to a log and writes their files. @returns these, or why this one log cannot be sealed. */
  async #write(log: LogName, entries: readonly Journaled[]): Promise<LedgerFile[] | Failure> {
    try {
      const edge = this.#edges.get(log) ?? (await this.#load(log));
      const published = await this.checkpoints.beyond(log);
      const beginning = async (): Promise<void> => {
        if (published !== null) await expectBeginning(log, edge, published, (path) => this.#read(log, path));
      };
      const files: LedgerFile[] = [];
      for (const [i, journaled] of entries.entries()) {
        const entry = toEntry(journaled, edge.prevHash);
        if (entry.block !== null) files.push({ path: blockPath(edge.size), bytes: entry.block });
        edge.append(entry.bytes);
        if (edge.size === published?.size) await beginning();
        if (i % YIELD_EVERY === YIELD_EVERY - 1) await new Promise(setImmediate);
      }
      if (edge.size < (published?.size ?? 0)) await beginning();
      files.push(...edge.takeFiles());
      await this.#files.write(this.dirOf(log), files);
      return files;
    } catch (error) {
      this.#edges.delete(log);
      const conflict = conflictOf(log, error);
      if (conflict === null) throw error;
      return conflict;
    }
  }

  async #advance(
    written: ReadonlyMap<LogName, LedgerFile[]>,
    position: number,
    stopped: ReadonlyMap<LogName, number | null>,
  ): Promise<void> {
    const heads = [...written.keys()].map((log): Head => {
      const edge = this.#edges.get(log) as Edge;
      return { log, size: edge.size, root: edge.root() };
    });
    const segments = [...written].flatMap(([log, list]) => segmentsOf(log, list));
    const now = toRfc3339((this.#o.clock ?? systemClock)());
    await this.#change(
      () => heads.map(({ log }) => log),
      () => this.#o.heads.advance({ heads, position, stopped, segments }, now),
    );
    for (const [log, list] of written) await this.#files.removePartials(this.dirOf(log), list);
  }

  #mark(log: LogName): void {
    this.#unpublished.set(log, ++this.#marks);
  }

  /**
   * Does what gives these logs other heads or keys, and publishes their checkpoints. They are marked before, so that
   * nothing is quiet meanwhile, and again behind it: somebody else may have published them as they were.
   */
  async #change(logs: () => LogName[], change: () => Promise<void>): Promise<void> {
    for (const log of logs()) this.#mark(log);
    await change();
    for (const log of logs()) this.#mark(log);
    await this.publish();
  }

  /** True while every checkpoint is the one of its head, signed by the keys in force. */
  get quiet(): boolean {
    return this.#unpublished.size === 0;
  }

  /** Publishes the checkpoints that are due, also those that could not be written before. */
  async publish(): Promise<void> {
    for (const [log, mark] of [...this.#unpublished]) {
      await this.checkpoints.write(log);
      if (this.#unpublished.get(log) === mark) this.#unpublished.delete(log);
    }
  }

  /** Does `change`, after which other keys of the tenant sign, and has all its checkpoints signed anew. */
  resign(tenant: string, change: () => Promise<void>): Promise<void> {
    const all = (): LogName[] => this.#o.heads.all().map(({ log }) => log);
    return this.#change(() => all().filter((log) => splitLog(log).tenant === tenant), change);
  }

  /** On start: a head that was won has its checkpoint, even when the program died in between. */
  async repair(): Promise<void> {
    for (const { log, size } of this.#o.heads.all())
      if (sizeIn(await this.checkpoints.read(log)) < size) this.#mark(log);
    await this.publish();
  }

  async #load(log: LogName): Promise<Edge> {
    const edge = await loadEdge((path) => this.#read(log, path), this.#o.heads.get(log));
    this.#edges.set(log, edge);
    return edge;
  }

  #read(log: LogName, path: string): Promise<Uint8Array | null> {
    return this.#o.disk.readFile(join(this.dirOf(log), path));
  }
}

/** In the order of each log. */
function byLog(entries: readonly Journaled[]): Map<LogName, Journaled[]> {
  const logs = new Map<LogName, Journaled[]>();
  for (const entry of entries) {
    const own = logs.get(entry.log);
    if (own === undefined) logs.set(entry.log, [entry]);
    else own.push(entry);
  }
  return logs;
}
