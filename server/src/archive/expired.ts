import { blockPath, bundlePath, parsePath, TILE_WIDTH } from '@prooflog/proof';
import type { Clock } from '../base/clock.js';
import { type LogName, splitLog } from '../event/stages.js';
import { isBlockStream } from '../event/streams.js';
import type { S3Bucket, Version } from './bucket.js';
import type { Positions } from './tables.js';

/** Bundles that are looked at before what was removed is recorded and written down. */
const AT_ONCE = 64;
/** What the bucket keeps although its lock seems over is tried again after this long, and so is a lock far away. */
const RETRY_MS = 3_600_000;

export interface ExpiredOptions {
  readonly log: LogName;
  readonly bucket: S3Bucket;
  readonly positions: Positions;
  readonly clock: Clock;
  /** Records that the entries from `from` up to `to` are gone from the bucket. */
  readonly record: (from: number, to: number) => Promise<void>;
}

/**
 * Takes the bundles and blocks of one log that expired here out of the bucket too, all versions of them, as soon as
 * their locks have run out. Order: objects → record → position; after a crash the same is done, and recorded, again.
 */
export class ExpiredObjects {
  readonly #o: ExpiredOptions;
  /** Nothing can be removed before; on the clock of the locks. */
  #again = Number.NEGATIVE_INFINITY;

  constructor(options: ExpiredOptions) {
    this.#o = options;
  }

  /** @param minimum what the `minimum-index` in the bucket says. @returns whether there is more to do at once. */
  async step(minimum: number): Promise<boolean> {
    const { log, positions, clock, record } = this.#o;
    const from = positions.removed(log);
    if (from >= minimum || clock() < this.#again) return false;
    let to = from;
    let free = true;
    for (let n = 0; n < AT_ONCE && free && to < minimum; n++) {
      const end = Math.min(minimum, (Math.floor(to / TILE_WIDTH) + 1) * TILE_WIDTH);
      free = await this.#remove(to, end);
      if (free) to = end;
    }
    if (to > from) {
      await record(from, to);
      await positions.saveRemoved(log, to);
    }
    return free && to < minimum;
  }

  /** The entries of one bundle, or some of them. @returns false while one of their objects is locked. */
  async #remove(from: number, end: number): Promise<boolean> {
    const { bucket, clock } = this.#o;
    // Blocks first: one whose descriptor is gone could be taken for an object that somebody added.
    for (const find of [() => this.#blocks(from, end), () => this.#bundle(end)]) {
      const versions = await find();
      const last = versions.at(-1);
      if (last === undefined) continue;
      // They were locked in their order, and the bucket gives the time in whole seconds.
      const left = ((await bucket.lockedUntil(last.path))?.getTime() ?? 0) + 1_000 - clock();
      if (left <= 0 && (await bucket.remove(versions))) continue;
      this.#again = clock() + (left > 0 ? Math.min(left, RETRY_MS) : RETRY_MS);
      return false;
    }
    return true;
  }

  /** The bundle that ends there; one that the minimum index lies in stays. */
  async #bundle(end: number): Promise<Version[]> {
    if (end % TILE_WIDTH !== 0) return [];
    const path = bundlePath(end / TILE_WIDTH - 1);
    return this.#versions(path, (found) => found === path || found.startsWith(`${path}.p/`));
  }

  async #blocks(from: number, end: number): Promise<Version[]> {
    if (!isBlockStream(splitLog(this.#o.log).stream)) return [];
    const isOne = (path: string): boolean => {
      const parsed = parsePath(path);
      return parsed?.kind === 'block' && parsed.leaf >= from && parsed.leaf < end;
    };
    const found: Version[] = [];
    // Without its last two digits the path of a block is the beginning of a hundred paths.
    for (let hundred = Math.floor(from / 100); hundred * 100 < end; hundred++)
      found.push(...(await this.#versions(blockPath(hundred * 100).slice(0, -2), isOne)));
    return found;
  }

  async #versions(start: string, isOne: (path: string) => boolean): Promise<Version[]> {
    const found: Version[] = [];
    for await (const version of this.#o.bucket.versions(`${this.#o.log}/${start}`))
      if (isOne(version.path.slice(this.#o.log.length + 1))) found.push(version);
    return found;
  }
}
