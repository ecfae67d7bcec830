import { join } from 'node:path';
import { blockPath } from '@prooflog/proof';
import { type Clock, systemClock, toRfc3339 } from '../base/clock.js';
import type { Disk } from '../base/disk.js';
import type { Journaled, LogName } from '../event/stages.js';
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

  constructor(options: LedgerOptions) {
    this.#o = options;
    this.#files = new LedgerFiles(options.disk);
    const { disk, signer, origin } = options;
    this.checkpoints = new Checkpoints({
      disk,
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
      await this.#publish(files, last.next);
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

  async #publish(files: ReadonlyMap<LogName, LedgerFile[]>, position: number): Promise<void> {
    const next = [...files.keys()].map((log): Head => {
      const edge = this.#edges.get(log) as Edge;
      return { log, size: edge.size, root: edge.root() };
    });
    const segments = [...files].flatMap(([log, list]) => segmentsOf(log, list));
    await this.#o.heads.advance(next, position, segments, toRfc3339((this.#o.clock ?? systemClock)()));
    for (const head of next) await this.checkpoints.write(head);
  }

  /** On start: a head that was won has its checkpoint, even when the program died in between. */
  async repair(): Promise<void> {
    for (const head of this.#o.heads.all()) {
      const size = Number((await this.checkpoints.read(head.log))?.split('\n')[1] ?? -1);
      if (size < head.size) await this.checkpoints.write(head);
    }
  }

  async #load(log: LogName): Promise<Edge> {
    const edge = await loadEdge(
      (path) => this.#o.disk.readFile(join(this.dirOf(log), path)),
      this.#o.heads.get(log),
    );
    this.#edges.set(log, edge);
    return edge;
  }
}
