import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../base/errors.js';
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

/** How long a log that stopped is left alone before it is tried again. */
const RETRY_MS = 2_000;

/** Follows the journal and seals what it finds. */
export class Sealer {
  readonly #journal: EntrySource;
  readonly #ledger: Ledger;
  readonly #heads: Heads;
  readonly #onError: (error: unknown) => void;
  readonly #follower: Follower;
  /** When the logs that stopped are tried again, on the clock of `performance.now()`. */
  readonly #retryAt = new Map<LogName, number>();
  #retry: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<() => void>();
  #unsubscribe: () => void = () => undefined;

  constructor(journal: EntrySource, ledger: Ledger, heads: Heads, onError: (error: unknown) => void) {
    this.#journal = journal;
    this.#ledger = ledger;
    this.#heads = heads;
    this.#onError = onError;
    this.#follower = new Follower((signal) => this.#step(signal), onError);
  }

  start(): void {
    this.#unsubscribe = this.#journal.onDurable(() => this.#follower.wake());
    this.#follower.start();
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    clearTimeout(this.#retry);
    await this.#follower.stop();
  }

  /** Journal position up to which everything is sealed, but for logs that stopped. */
  get position(): number {
    return this.#heads.position;
  }

  /** Logs that stopped, with the journal position of their first entry that is not sealed. */
  get stopped(): ReadonlyMap<LogName, number> {
    return this.#heads.stopped;
  }

  /** Calls back after each checkpoint. */
  onSealed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves true when everything before `position` is under a signed checkpoint: of all logs but those that stopped,
   * or of the one that is named.
   */
  async sealedTo(position: number, signal: AbortSignal, log?: LogName): Promise<boolean> {
    const sealed = (): number => (log && this.stopped.get(log)) ?? this.position;
    while (sealed() < position) {
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
      this.#tell();
    }
    const mended = await this.#mend();
    const entries: Journaled[] = await this.#journal.read(this.#heads.position);
    if (entries.length > 0) await this.#seal(entries, signal);
    clearTimeout(this.#retry);
    // A timer may fire a little early.
    if (this.stopped.size > 0) this.#retry = setTimeout(() => this.#follower.wake(), RETRY_MS + 50).unref();
    return mended || entries.length > 0;
  }

  async #seal(entries: readonly Journaled[], signal: AbortSignal): Promise<void> {
    const start = performance.now();
    for (const conflict of await this.#ledger.seal(entries)) this.#onError(conflict);
    const retryAt = performance.now() + RETRY_MS;
    for (const log of this.stopped.keys()) if (!this.#retryAt.has(log)) this.#retryAt.set(log, retryAt);
    this.#tell();
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, 2 * (performance.now() - start)));
    if (this.#journal.durable - this.#heads.position < BACKLOG_BYTES)
      await sleep(pause, undefined, { signal }).catch(() => undefined);
  }

  /** One piece of what each log that stopped has missed, if its files are whole again. */
  async #mend(): Promise<boolean> {
    let mended = false;
    for (const [log, from] of [...this.stopped]) {
      if ((this.#retryAt.get(log) ?? 0) > performance.now()) continue;
      try {
        await this.#catchUp(log, from);
        mended = true;
        this.#retryAt.delete(log);
        this.#tell();
      } catch (error) {
        if (!(error instanceof Failure && error.code === 'ledger_conflict')) throw error;
        this.#retryAt.set(log, performance.now() + RETRY_MS);
        this.#onError(error);
      }
    }
    return mended;
  }

  async #catchUp(log: LogName, from: number): Promise<void> {
    const { position } = this.#heads;
    const missed = (await this.#journal.read(from)).filter((entry) => entry.position < position);
    const own = missed.filter((entry) => entry.log === log);
    await this.#ledger.catchUp(log, own, missed.at(-1)?.next ?? position);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Logs with their sealed sizes. */
  sizes(): Map<LogName, number> {
    return new Map(this.#heads.all().map((head) => [head.log, head.size]));
  }
}
