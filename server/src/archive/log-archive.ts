import {
  blockPath,
  checkBlock,
  decodeBundle,
  equalBytes,
  type Finding,
  fromUtf8,
  TILE_WIDTH,
} from '@prooflog/proof';
import { Failure } from '../base/errors.js';
import { inParallel } from '../base/parallel.js';
import { sizeIn } from '../ledger/checkpoints.js';
import type { S3Bucket, Version } from './bucket.js';
import type { ExpiredObjects } from './expired.js';
import { filledBy, fullBundles } from './files.js';
import type { LocalLog, Tail } from './local.js';
import type { Positions } from './tables.js';

/** Together the requests under way for one log; a bundle of blocks makes up to 258 of them. */
const BUNDLES_AT_ONCE = 4;
const BLOCKS_AT_ONCE = 4;

export interface LogArchiveOptions {
  readonly local: LocalLog;
  readonly bucket: S3Bucket;
  readonly positions: Positions;
  /** Until when an object that is put now is locked. */
  readonly retainUntil: () => Promise<Date>;
  /** Below it the bytes of entries may be gone here; they are not put there any more. */
  readonly minimum: () => number;
  readonly expired: ExpiredObjects;
}

/**
 * The copy of one log. What never changes (full tiles, full bundles, blocks) is locked; the partial files, `vkey` and
 * `checkpoint` are not. The checkpoint comes last, when all that it covers is there. Repeating any of it is harmless.
 */
export class LogArchive {
  readonly #o: LogArchiveOptions;
  /** Read when it was due to be published; the full bundles before it go first. */
  #tail: Tail | null = null;
  /** The checkpoint in the bucket, and the size whose partial files we put; null until it was looked at. */
  #published: { text: string; size: number } | null = null;
  /** The `minimum-index` that we put there. */
  #minimum: { bytes: Uint8Array; index: number } | null = null;

  constructor(options: LogArchiveOptions) {
    this.#o = options;
  }

  get #position(): number {
    return this.#o.positions.get(this.#o.local.log);
  }

  /**
   * One bounded piece.
   * @param size a published size of the log
   * @param due whether the tail may be published again
   * @returns `more` when there is more to do at once, `published` after a checkpoint, else `rest`
   * @throws Failure `ledger_conflict`, `archive_conflict`; the SDK's errors
   */
  async step(size: number, due: boolean): Promise<'more' | 'published' | 'rest'> {
    if (due) this.#tail ??= await this.#unpublished();
    const position = this.#position;
    const [done, full] = [fullBundles(position), fullBundles(this.#tail?.size ?? size)];
    if (done < full) {
      const bundles = Array.from({ length: Math.min(BUNDLES_AT_ONCE, full - done) }, (_, i) => done + i);
      await inParallel(bundles, BUNDLES_AT_ONCE, (bundle) => this.#bundle(bundle, position));
      await this.#o.positions.save(this.#o.local.log, (done + bundles.length) * TILE_WIDTH);
      return 'more';
    }
    if (this.#tail === null) {
      if (due) await this.#putMinimum(sizeIn(this.#published?.text ?? null));
      return (await this.#o.expired.step(this.#minimum?.index ?? 0)) ? 'more' : 'rest';
    }
    await this.#publish(this.#tail);
    this.#tail = null;
    return 'published';
  }

  async #bundle(bundle: number, position: number): Promise<void> {
    const { local, bucket } = this.#o;
    const [path = '', ...tiles] = filledBy(bundle);
    const until = await this.#o.retainUntil();
    await this.#unlessExpired((bundle + 1) * TILE_WIDTH, async () => {
      const bytes = await local.sealed(path);
      await this.#blocks(decodeBundle(bytes), bundle * TILE_WIDTH, position);
      await bucket.putLocked(this.#key(path), bytes, until);
    });
    for (const tile of tiles) await bucket.putLocked(this.#key(tile), await local.sealed(tile), until);
    // Readers with an earlier checkpoint find the full files in their place.
    const hadPartials = position > bundle * TILE_WIDTH;
    for (const full of hadPartials ? [path, ...tiles] : tiles.slice(1)) await this.#removePartials(full);
  }

  async #removePartials(path: string): Promise<void> {
    const versions: Version[] = [];
    for await (const version of this.#o.bucket.versions(this.#key(`${path}.p/`))) versions.push(version);
    await this.#o.bucket.remove(versions);
  }

  /** Not for entries that have expired, nor when they do so while they are read. */
  async #unlessExpired(end: number, work: () => Promise<void>): Promise<void> {
    const isExpired = (): boolean => end <= this.#o.minimum();
    if (isExpired()) return;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Failure && isExpired())) throw error;
    }
  }

  /** The blocks among entries of which the first has the index `first`, from the leaf `from` on. */
  async #blocks(entries: readonly Uint8Array[], first: number, from: number): Promise<void> {
    const until = await this.#o.retainUntil();
    const texts = entries.map((entry, i) => ({ leaf: first + i, text: fromUtf8(entry) ?? '' }));
    const blocks = texts.filter(({ leaf, text }) => leaf >= from && text.startsWith('{"block":{'));
    await inParallel(blocks, BLOCKS_AT_ONCE, ({ leaf, text }) =>
      this.#unlessExpired(leaf + 1, () => this.#block(leaf, text, until)),
    );
  }

  async #block(leaf: number, descriptor: string, until: Date): Promise<void> {
    const path = blockPath(leaf);
    const bytes = await this.#o.local.read(path);
    const findings: Finding[] = [];
    checkBlock(bytes, descriptor, leaf, (finding) => void findings.push(finding));
    if (bytes === null || findings.length > 0)
      throw new Failure('ledger_conflict', `${path} of ${this.#o.local.log} is not what was sealed.`);
    await this.#o.bucket.putLocked(this.#key(path), bytes, until);
  }

  /** The tail of the published checkpoint, if the bucket has not got that one. */
  async #unpublished(): Promise<Tail | null> {
    const { local } = this.#o;
    const checkpoint = await local.checkpoint();
    if (checkpoint === null) return null;
    this.#published ??= { text: await this.#archived(checkpoint), size: -1 };
    if (checkpoint === this.#published.text) return null;
    const tail = await local.tail(checkpoint);
    return tail === null || tail.size < this.#position ? null : tail;
  }

  /**
   * The checkpoint that the bucket has from earlier; one that is not signed in our name is replaced.
   * @throws Failure `archive_conflict` when it knows more entries than we do: the ledger is in an earlier state.
   */
  async #archived(checkpoint: string): Promise<string> {
    const { local, bucket } = this.#o;
    const text = fromUtf8((await bucket.get(this.#key('checkpoint'))) ?? new Uint8Array()) ?? '';
    if (await local.isBeyond(text, sizeIn(checkpoint)))
      throw new Failure('archive_conflict', `The archive has more entries of ${local.log} than the ledger.`);
    return text;
  }

  /** The position moves before the partial files are put: inside a bundle it says that there may be some. */
  async #publish(tail: Tail): Promise<void> {
    const { local, bucket, positions } = this.#o;
    await this.#blocks(tail.entries, tail.size - tail.entries.length, this.#position);
    await positions.save(local.log, tail.size);
    // Cosignatures come to a checkpoint whose files are there.
    if (this.#published?.size !== tail.size)
      for (const file of tail.files) await bucket.put(this.#key(file.path), file.bytes);
    const vkey = Buffer.from(tail.vkeys.map((vkey) => `${vkey}\n`).join(''));
    if (!vkey.equals((await bucket.get(this.#key('vkey'))) ?? new Uint8Array()))
      await bucket.put(this.#key('vkey'), vkey);
    await this.#putMinimum(tail.size);
    await bucket.put(this.#key('checkpoint'), Buffer.from(tail.checkpoint));
    this.#published = { text: tail.checkpoint, size: tail.size };
  }

  /** @param size of the checkpoint in the bucket: a note beyond that would not hold. */
  async #putMinimum(size: number): Promise<void> {
    const minimum = await this.#o.local.minimum();
    if (minimum === null || minimum.index > size) return;
    const key = this.#key('minimum-index');
    const there = this.#minimum?.bytes ?? (await this.#o.bucket.get(key)) ?? new Uint8Array();
    if (!equalBytes(minimum.bytes, there)) await this.#o.bucket.put(key, minimum.bytes);
    this.#minimum = minimum;
  }

  #key(path: string): string {
    return `${this.#o.local.log}/${path}`;
  }
}
