import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely, Migration } from 'kysely';
import { Follower } from '../event/follow.js';
import { type LogName, splitLog } from '../event/stages.js';
import type { Store } from './process/store.js';
import { tableOf } from './tables.js';
import type { Veil } from './veil.js';

export interface StoreTables {
  /** `done`: leaves in the store. `intent`: end of the block being written, so that a retry writes the same one. */
  indexed: { log: string; done: number; intent: number };
}

export const storeMigrations: Record<string, Migration> = {
  '030_store_indexed': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('indexed')
        .addColumn('log', 'text', (c) => c.primaryKey())
        .addColumn('done', 'integer', (c) => c.notNull())
        .addColumn('intent', 'integer', (c) => c.notNull())
        .execute();
    },
  },
};

/** What the indexer needs of the ledger. */
export interface SealedSizes {
  /** The published size of each log. */
  sizes(): ReadonlyMap<LogName, number>;
  /** First leaf of a log whose bytes are to be had; what lies below it expired. */
  begin(log: LogName): number;
  /** What of the leaves from `from` up to `to` must not be found. */
  veil(log: LogName, from: number, to: number): Veil;
}

const BLOCK_LEAVES = 16_384;
const BLOCK_RECORDS = 20_000;
/**
 * Small blocks cost the engine as much as large ones, and again when it merges them: after a block it is left
 * alone for some times as long as the block took, unless much is waiting.
 */
const PAUSES = 4;
const LONGEST_PAUSE_MS = 250;
const BACKLOG = 8_192;

/**
 * Follows the ledger, log by log, and puts what was sealed into the store: what can be found can be proven
 * (docs/decisions/0002). Intent → insert under a token made of log and range → done; a crash in between
 * repeats the same block under the same token.
 */
export class Indexer {
  readonly #db: Kysely<StoreTables>;
  readonly #store: Store;
  readonly #ledger: SealedSizes;
  readonly #follower: Follower;
  readonly #listeners = new Set<() => void>();
  #indexed = new Map<LogName, { done: number; intent: number }>();
  #rows = 0;

  constructor(db: Kysely<StoreTables>, store: Store, ledger: SealedSizes, onError: (error: unknown) => void) {
    this.#db = db;
    this.#store = store;
    this.#ledger = ledger;
    this.#follower = new Follower((signal) => this.#follow(signal), onError);
  }

  async load(): Promise<void> {
    const rows = await this.#db.selectFrom('indexed').selectAll().execute();
    this.#indexed = new Map(rows.map((row) => [row.log as LogName, { done: row.done, intent: row.intent }]));
  }

  start(): void {
    this.#follower.start();
  }

  wake(): void {
    this.#follower.wake();
  }

  async stop(): Promise<void> {
    await this.#follower.stop();
  }

  /** Leaves that are behind the indexer: in the store, or expired. */
  #done(log: LogName): number {
    return Math.max(this.#indexed.get(log)?.done ?? 0, this.#ledger.begin(log));
  }

  /** Leaves sealed but not yet searchable. */
  get lag(): number {
    let lag = 0;
    for (const [log, size] of this.#ledger.sizes()) lag += size - this.#done(log);
    return lag;
  }

  /** Calls back when new records can be found. */
  onIndexed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves true when everything sealed at the time of the call can be found; false when aborted. */
  async caughtUp(signal: AbortSignal): Promise<boolean> {
    const wanted = new Map(this.#ledger.sizes());
    const done = (): boolean => [...wanted].every(([log, size]) => this.#done(log) >= size);
    while (!done()) {
      if (signal.aborted) return false;
      await new Promise<void>((resolve) => {
        const finish = (): void => {
          off();
          signal.removeEventListener('abort', finish);
          resolve();
        };
        const off = this.onIndexed(finish);
        signal.addEventListener('abort', finish);
      });
    }
    return true;
  }

  /** One block of every log that has grown; true while there is more. */
  async #step(): Promise<boolean> {
    let moved = false;
    for (const [log, size] of this.#ledger.sizes()) moved = (await this.#block(log, size)) || moved;
    if (moved) for (const listener of this.#listeners) listener();
    return moved;
  }

  async #follow(signal: AbortSignal): Promise<boolean> {
    const start = performance.now();
    const moved = await this.#step();
    const pause = Math.min(LONGEST_PAUSE_MS, PAUSES * (performance.now() - start));
    if (moved && this.lag < BACKLOG) await sleep(pause, undefined, { signal }).catch(() => undefined);
    return moved;
  }

  async #block(log: LogName, size: number): Promise<boolean> {
    const from = this.#done(log);
    if (from >= size) return false;
    const intent = this.#indexed.get(log)?.intent ?? 0;
    const end = intent > from ? intent : await this.#plan(log, from, size);
    const table = tableOf(splitLog(log).stream);
    const token = tokenOf(log, from, end);
    const veil = this.#ledger.veil(log, from, end);
    this.#rows += await this.#store.index({ log, table, from, to: end, size, token, veil });
    await this.#save(log, end, end);
    return true;
  }

  /** Chooses the block's end and writes the choice down before the insert. */
  async #plan(log: LogName, from: number, size: number): Promise<number> {
    let end = Math.min(size, from + BLOCK_LEAVES);
    // A leaf of a block stream holds up to a thousand records.
    if (tableOf(splitLog(log).stream) === 'logs')
      end = Math.min(end, from + Math.max(1, BLOCK_RECORDS / 1_000));
    await this.#save(log, from, end);
    return end;
  }

  async #save(log: LogName, done: number, intent: number): Promise<void> {
    await this.#db
      .insertInto('indexed')
      .values({ log, done, intent })
      .onConflict((c) => c.column('log').doUpdateSet({ done, intent }))
      .execute();
    this.#indexed.set(log, { done, intent });
  }

  /** Empties the store and reads the ledger again from its beginning. @returns the number of records. */
  async rebuild(progress: (done: number, all: number) => void): Promise<number> {
    // Dropped, not emptied: an emptied table still remembers the tokens of its blocks and would refuse them.
    await this.#store.recreate();
    await this.#db.deleteFrom('indexed').execute();
    this.#indexed.clear();
    this.#rows = 0;
    const all = this.lag;
    while (await this.#step()) progress(all - this.lag, all);
    return this.#rows;
  }
}

const tokenOf = (log: LogName, from: number, to: number): string =>
  createHash('sha256').update(`${log} ${from} ${to}`).digest('hex');
