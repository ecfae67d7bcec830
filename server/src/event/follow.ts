import { setTimeout as sleep } from 'node:timers/promises';
import type { Journaled } from './stages.js';

/** What a follower of the journal needs from it. */
export interface EntrySource {
  readonly durable: number;
  read(from: number, maxBytes?: number): Promise<Journaled[]>;
  onDurable(listener: () => void): () => void;
}

/** A loop that does its work whenever it is woken, one run at a time, and retries a failed run with backoff. */
export class Follower {
  readonly #work: (signal: AbortSignal) => Promise<boolean>;
  readonly #onError: (error: unknown) => void;
  readonly #stop = new AbortController();
  #wake: (() => void) | null = null;
  #woken = false;
  #running: Promise<void> | null = null;

  /**
   * @param work does one bounded piece; true when there is more to do at once.
   * @param onError is told of each failed try; the work is tried again, after 50 ms growing to 5 s.
   */
  constructor(work: (signal: AbortSignal) => Promise<boolean>, onError: (error: unknown) => void) {
    this.#work = work;
    this.#onError = onError;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** Lets the piece under way finish. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      this.#woken = false;
      try {
        if (await this.#work(this.#stop.signal)) {
          failures = 0;
          continue;
        }
        failures = 0;
      } catch (error) {
        this.#onError(error);
        failures += 1;
        // Jitter keeps followers that failed together from coming back together.
        const pause = Math.min(5_000, 50 * 2 ** failures) * (0.5 + Math.random() / 2);
        await sleep(pause, undefined, { signal: this.#stop.signal }).catch(() => undefined);
        continue;
      }
      if (!this.#woken && !this.#stop.signal.aborted)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      this.#wake = null;
    }
  }
}
