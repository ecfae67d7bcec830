import { join } from 'node:path';
import { blockPath } from '@prooflog/proof';
import { type Clock, systemClock, toRfc3339 } from '../base/clock.js';
import type { Disk } from '../base/disk.js';
import { type Journaled, type LogName, splitLog } from '../event/stages.js';
import { Checkpoints } from './checkpoints.js';
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
    const { disk, heads, signer, origin } = options;
    this.checkpoints = new Checkpoints({
      disk,
      heads,
      files: this.#files,
      signer,
      origin,
      dirOf: (log) => this.dirOf(log),
    });
  }

  dirOf(log: LogName): string {
    return join(this.#o.dir, log);
  }

  size(log: LogName): number {
    return this.#o.heads.get(log)?.size ?? 0;
  }

  /** Seals the entries and moves the sealer's position to the end of the last one. */
  async seal(entries: readonly Journaled[]): Promise<void> {
    const last = entries.at(-1);
    if (last === undefined) return;
    try {
      const files = await this.#append(entries);
      for (const [log, list] of files) await this.#files.write(this.dirOf(log), list);
      await this.#advance(files, last.next);
      await this.publish();
      for (const [log, list] of files) await this.#files.removePartials(this.dirOf(log), list);
    } catch (error) {
      // The edges in memory are ahead of the heads now; they are read anew from disk.
      this.#edges.clear();
      throw error;
    }
  }

  async #append(entries: readonly Journaled[]): Promise<Map<LogName, LedgerFile[]>> {
    const files = new Map<LogName, LedgerFile[]>();
    for (const [i, journaled] of entries.entries()) {
      const edge = this.#edges.get(journaled.log) ?? (await this.#load(journaled.log));
      const list = files.get(journaled.log) ?? [];
      files.set(journaled.log, list);
      const entry = toEntry(journaled, edge.prevHash);
      if (entry.block !== null) list.push({ path: blockPath(edge.size), bytes: entry.block });
      edge.append(entry.bytes);
      if (i % YIELD_EVERY === YIELD_EVERY - 1) await new Promise(setImmediate);
    }
    for (const [log, list] of files) list.push(...(this.#edges.get(log)?.takeFiles() ?? []));
    return files;
  }

  async #advance(files: ReadonlyMap<LogName, LedgerFile[]>, position: number): Promise<void> {
    const next = [...files.keys()].map((log): Head => {
      const edge = this.#edges.get(log) as Edge;
      return { log, size: edge.size, root: edge.root() };
    });
    const segments = [...files].flatMap(([log, list]) => segmentsOf(log, list));
    for (const { log } of next) this.#mark(log);
    await this.#o.heads.advance(next, position, segments, toRfc3339((this.#o.clock ?? systemClock)()));
  }

  #mark(log: LogName): void {
    this.#unpublished.set(log, ++this.#marks);
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
  async resign(tenant: string, change: () => Promise<void>): Promise<void> {
    for (const { log } of this.#o.heads.all()) if (splitLog(log).tenant === tenant) this.#mark(log);
    await change();
    await this.publish();
  }

  /** On start: a head that was won has its checkpoint, even when the program died in between. */
  async repair(): Promise<void> {
    for (const { log, size } of this.#o.heads.all())
      if (Number((await this.checkpoints.read(log))?.split('\n')[1] ?? -1) < size) this.#mark(log);
    await this.publish();
  }

  async #load(log: LogName): Promise<Edge> {
    const edge = await loadEdge(this.#o.disk, this.dirOf(log), this.#o.heads.get(log));
    this.#edges.set(log, edge);
    return edge;
  }
}
