import type { Clock } from '../base/clock.js';
import { Failure } from '../base/errors.js';
import { Follower } from '../event/follow.js';
import type { LogName } from '../event/stages.js';
import type { Head } from '../ledger/heads.js';
import type { S3Bucket } from './bucket.js';
import { checkBucket } from './check.js';
import { isOutage } from './client.js';
import { ExpiredObjects } from './expired.js';
import { LocalLog, type LocalOptions } from './local.js';
import { LogArchive } from './log-archive.js';
import type { Positions } from './tables.js';

export interface ArchiverOptions extends LocalOptions {
  readonly bucket: S3Bucket;
  readonly positions: Positions;
  readonly heads: { all(): Head[] };
  readonly clock: Clock;
  /** Until when what is put at this time is locked; milliseconds since 1970. */
  readonly retainUntil: (log: LogName, now: number) => Promise<number>;
  /** Below it the bytes of a log's entries may be gone. */
  readonly minimum: (log: LogName) => number;
  /** Records that the bytes of the entries from `from` up to `to` are gone from the bucket. */
  readonly onRemoved: (log: LogName, from: number, to: number) => Promise<void>;
  /** Milliseconds between two publications of one log's tail, at least. */
  readonly every: number;
  /** Told once when nothing gets to the bucket any more, and once, with null, when it does again. */
  readonly onOutage: (error: unknown) => void;
  /** Told once of each log that stands still because a file of it is not what it should be, here or there. */
  readonly onStopped: (log: LogName, failure: Failure) => void;
}

/** What says that a file of one log is not what it should be; anything else is tried again. */
const OF_ONE_LOG: readonly string[] = ['archive_conflict', 'ledger_conflict'];

interface Follow {
  readonly archive: LogArchive;
  /** When its tail was last looked at, or it was found to be stopped; on the clock that never goes back. */
  at: number;
  stopped: Failure | null;
}

/** Follows the ledger and copies it to the bucket; what is in its way stops it and nothing else. */
export class Archiver {
  readonly #o: ArchiverOptions;
  readonly #follower: Follower;
  readonly #follows = new Map<LogName, Follow>();
  #checked = false;
  #out = false;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;
  /** Tries that failed since the start of the program. */
  failures = 0;

  private constructor(options: ArchiverOptions) {
    this.#o = options;
    this.#follower = new Follower(
      () => this.#work(),
      (error) => this.#failed(error),
    );
  }

  /** @throws Failure `archive_unusable` when the bucket answers and cannot be the archive. */
  static async open(options: ArchiverOptions): Promise<Archiver> {
    const archiver = new Archiver(options);
    try {
      await archiver.#check();
    } catch (error) {
      if (!isOutage(error)) throw error;
      archiver.#failed(error);
    }
    return archiver;
  }

  start(): void {
    this.#follower.start();
  }

  /** To be called after each sealing. */
  wake(): void {
    this.#follower.wake();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#o.bucket.close();
    await this.#follower.stop();
    clearTimeout(this.#timer);
  }

  /** Entries sealed and not yet archived. */
  get lag(): number {
    const behind = ({ log, size }: Head): number => Math.max(0, size - this.#o.positions.get(log));
    return this.#o.heads.all().reduce((sum, head) => sum + behind(head), 0);
  }

  get stoppedLogs(): number {
    return [...this.#follows.values()].filter((follow) => follow.stopped !== null).length;
  }

  async #check(): Promise<void> {
    await checkBucket(this.#o.bucket, this.#o.clock());
    this.#checked = true;
  }

  #failed(error: unknown): void {
    if (this.#stopping) return;
    this.failures += 1;
    if (!this.#out) this.#o.onOutage(error);
    this.#out = true;
  }

  async #work(): Promise<boolean> {
    clearTimeout(this.#timer);
    if (!this.#checked) await this.#check();
    let more = false;
    for (const head of this.#o.heads.all()) more = (await this.#step(head)) || more;
    if (this.#out) this.#o.onOutage(null);
    this.#out = false;
    // A timer may fire a little early.
    this.#timer = setTimeout(() => this.wake(), this.#o.every + 10).unref();
    return more;
  }

  /** One piece of one log. @returns whether there is more to do at once. */
  async #step({ log, size }: Head): Promise<boolean> {
    const follow = this.#follow(log);
    const due = performance.now() - follow.at >= this.#o.every;
    if (follow.stopped !== null && !due) return false;
    try {
      const state = await follow.archive.step(size, due);
      follow.stopped = null;
      if (due && state !== 'more') follow.at = performance.now();
      return state === 'more';
    } catch (error) {
      if (!(error instanceof Failure) || !OF_ONE_LOG.includes(error.code)) throw error;
      follow.at = performance.now();
      if (follow.stopped?.message !== error.message) this.#o.onStopped(log, error);
      follow.stopped = error;
      this.failures += 1;
      return false;
    }
  }

  #follow(log: LogName): Follow {
    const known = this.#follows.get(log);
    if (known !== undefined) return known;
    const { bucket, positions, clock, retainUntil, minimum, onRemoved } = this.#o;
    const archive = new LogArchive({
      local: new LocalLog(log, this.#o),
      bucket,
      positions,
      retainUntil: async () => new Date(await retainUntil(log, clock())),
      minimum: () => minimum(log),
      expired: new ExpiredObjects({
        ...{ log, bucket, positions, clock },
        record: (from, to) => onRemoved(log, from, to),
      }),
    });
    const follow = { archive, at: Number.NEGATIVE_INFINITY, stopped: null };
    this.#follows.set(log, follow);
    return follow;
  }
}
