import { setTimeout as sleep } from 'node:timers/promises';
import { type EntrySource, Follower } from '../event/follow.js';
import type { Journaled, LogName } from '../event/stages.js';
import type { Heads } from './heads.js';
import type { Ledger } from './ledger.js';

/**
 * Every sealing costs some fsyncs and partial files, whatever it seals: it is left alone for at least this
 * long, for twice as long as it took, and for no longer than {@link LONGEST_PAUSE_MS}.
 */
const PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 120;
/** With more than this waiting there is no pause. */
const BACKLOG_BYTES = 2 * 2 ** 20;

/** Follows the journal and seals what it finds. */
export class Sealer {
  readonly #journal: EntrySource;
  readonly #ledger: Ledger;
  readonly #heads: Heads;
  readonly #follower: Follower;
  readonly #listeners = new Set<() => void>();
  #unsubscribe: () => void = () => undefined;

  constructor(journal: EntrySource, ledger: Ledger, heads: Heads, onError: (error: unknown) => void) {
    this.#journal = journal;
    this.#ledger = ledger;
    this.#heads = heads;
    this.#follower = new Follower((signal) => this.#step(signal), onError);
  }

  start(): void {
    this.#unsubscribe = this.#journal.onDurable(() => this.#follower.wake());
    this.#follower.start();
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#follower.stop();
  }

  /** Journal position up to which everything is under a signed checkpoint. */
  get position(): number {
    return this.#heads.position;
  }

  /** Calls back after each checkpoint. */
  onSealed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when everything before `position` is under a signed checkpoint. */
  async sealedTo(position: number, signal: AbortSignal): Promise<boolean> {
    while (this.#heads.position < position) {
      if (signal.aborted) return false;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          off();
          signal.removeEventListener('abort', done);
          resolve();
        };
        const off = this.onSealed(done);
        signal.addEventListener('abort', done);
      });
    }
    return true;
  }

  async #step(signal: AbortSignal): Promise<boolean> {
    if (!this.#ledger.quiet) {
      // A checkpoint that could not be signed or written is due before anything else.
      await this.#ledger.publish();
      for (const listener of this.#listeners) listener();
    }
    const entries: Journaled[] = await this.#journal.read(this.#heads.position);
    if (entries.length === 0) return false;
    const start = performance.now();
    await this.#ledger.seal(entries);
    for (const listener of this.#listeners) listener();
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, 2 * (performance.now() - start)));
    if (this.#journal.durable - this.#heads.position < BACKLOG_BYTES)
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    return true;
  }

  /** Logs with their sealed sizes. */
  sizes(): Map<LogName, number> {
    return new Map(this.#heads.all().map((head) => [head.log, head.size]));
  }
}
