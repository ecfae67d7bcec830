import { equalBytes, fromUtf8, toHex } from '../hash/bytes.js';
import { EMPTY_ROOT, HASH_SIZE, leafHash } from '../hash/tree-hash.js';
import { rootOfLeafHashes } from '../merkle/compute.js';
import { blockPath, bundlePath, TILE_WIDTH, tilePath } from '../tile/paths.js';
import { type FileReader, splitHashes } from '../tile/reader.js';
import { checkBlock } from './block.js';
import type { Finding } from './findings.js';
import { type Frontier, rootOfLevels, START } from './frontier.js';
import {
  entriesIn,
  type File,
  hashesIn,
  type Memory,
  type Report,
  reporting,
  WalkFiles,
} from './walk-files.js';

export interface WalkOptions {
  readonly read: FileReader;
  /** Entries to walk over, and the root they must give; files of a larger log are fine. */
  readonly size: number;
  readonly root: Uint8Array;
  readonly report: (finding: Finding) => void;
  readonly from?: Frontier;
  /** What was proven of this log before: damage before it does not make what lies behind it uncertain. */
  readonly known?: Frontier;
  readonly intact?: Memory;
  /** Whether the bytes of the entries before `end` may be gone: asked only about what is missing. */
  readonly expired?: (end: number) => Promise<boolean>;
  /** Given each record that was read and is what its tile or its block says. */
  readonly onRecord?: (bytes: Uint8Array) => void;
}

/**
 * One pass over bundles, tiles and blocks, recomputing every hash. It goes in bounded steps and holds no more than
 * one bundle, one block and one tile of each level, so it can be stopped and paced between any two of them.
 */
export class Walk {
  /** Records seen so far, those inside blocks included. */
  records = 0;
  /** Entries so far that describe a block. */
  blocks = 0;
  /** Entries so far whose bytes, or the records of whose block, are rightly gone. */
  expired = 0;
  /** Entries behind the walk. */
  done: number;
  readonly #o: WalkOptions;
  readonly #files: WalkFiles;
  readonly #report: Report;
  readonly #levels: Uint8Array[][];
  #prev: string;
  /** Whether the last entry is not what its tile says. */
  #prevDiffers = false;
  #frontier: Frontier;
  #computed: Uint8Array | null = null;
  #doubtful = false;

  constructor(options: WalkOptions) {
    const from = options.from ?? START;
    this.#o = options;
    this.#files = new WalkFiles(options.read, options.intact, options.size);
    this.#report = reporting(options.report);
    this.#levels = from.levels.map((level) => [...level]);
    this.#prev = from.prev;
    this.#frontier = from;
    this.done = from.bundles * TILE_WIDTH;
  }

  /** Root that the entries give; null before the last step. */
  get root(): Uint8Array | null {
    return this.#computed;
  }

  get holds(): boolean {
    return this.#computed !== null && equalBytes(this.#computed, this.#o.root);
  }

  /** Whether a wrong root may come of what was reported already: the hashes of some entries had to be guessed. */
  get doubtful(): boolean {
    return this.#doubtful;
  }

  /** Where another walk may begin. To be believed only when {@link holds}. */
  get frontier(): Frontier {
    return this.#frontier;
  }

  /** Leaf hashes of the incomplete bundle, after the last step. */
  get tail(): readonly Uint8Array[] {
    return this.#levels[0] ?? [];
  }

  /** Steps of one bundle or one block each. @throws what `read` throws. */
  async *steps(): AsyncGenerator<void, void> {
    while (this.done < this.#o.size) {
      const width = Math.min(TILE_WIDTH, this.#o.size - this.done);
      yield* this.#bundle(this.done / TILE_WIDTH, width);
      this.done += width;
      yield;
    }
    await this.#finish();
  }

  async *#bundle(index: number, width: number): AsyncGenerator<void, void> {
    const file = await this.#files.read(width, (w) => bundlePath(index, w));
    const tile = await this.#files.read(width, (w) => tilePath(0, index, w));
    const first = index * TILE_WIDTH;
    // An incomplete bundle is still written to, so it is never gone.
    const gone = file.bytes === null && width === TILE_WIDTH && (await this.#mayBeGone(first + width));
    const entries = gone ? [] : entriesIn(file, first, width, this.#report);
    const stored = hashesIn(tile, first, width, entries[0], this.#report);
    if (gone) this.expired += width;
    if (gone && stored.length === width) return this.#settleTile(index, stored, tile);
    const hashes: Uint8Array[] = [];
    const trusted = file.intact ?? (stored.length < width ? this.#givesRoot(entries, width) : undefined);
    for (let i = 0; i < width; i++) {
      const entry = entries[i];
      const hash = entry === undefined ? (stored[i] ?? EMPTY_ROOT) : leafHash(entry);
      if (entry !== undefined) yield* this.#entry(entry, first + i, hash, { file, tile, trusted }, stored[i]);
      hashes.push(hash);
      this.#prev = toHex(hash);
      this.#prevDiffers = stored[i] !== undefined && !equalBytes(stored[i] as Uint8Array, hash);
    }
    await this.#settle(index, width, hashes, stored, entries, file, tile);
  }

  async #mayBeGone(end: number): Promise<boolean> {
    return (await this.#o.expired?.(end)) ?? false;
  }

  /** Of an expired bundle nothing is left but its tile: what is remembered of that, or the hash above, judges it. */
  async #settleTile(index: number, stored: Uint8Array[], tile: File): Promise<void> {
    const above = await this.#files.above(index);
    const differs = above !== undefined && !equalBytes(above, rootOfLeafHashes(stored));
    const wrong = tile.intact === false || (tile.intact === undefined && differs);
    if (wrong) {
      this.#report(
        'tile_altered',
        tile.path,
        index * TILE_WIDTH,
        'The tile does not give the hash above it.',
      );
      this.#doubtful = true;
    }
    this.#prev = toHex(stored.at(-1) ?? EMPTY_ROOT);
    this.#prevDiffers = false;
    this.#levels[0] = stored;
    await this.#up(0, index, wrong ? above : undefined);
  }

  async *#entry(
    entry: Uint8Array,
    index: number,
    hash: Uint8Array,
    { file, tile, trusted }: { file: File; tile: File; trusted: boolean | undefined },
    stored: Uint8Array | undefined,
  ): AsyncGenerator<void, void> {
    const text = fromUtf8(entry) ?? '';
    const intact = stored === undefined || equalBytes(stored, hash);
    // What follows an altered entry, or a bundle whose hashes had to be guessed, cannot be held against it.
    const guessed = index % TILE_WIDTH === 0 ? this.#doubtful : this.#prevDiffers;
    if (intact && !guessed && !text.includes(`"integrity":{"prev_hash":"${this.#prev}"}`))
      this.#report(
        'chain_broken',
        file.path,
        index,
        'The entry does not name the hash of the entry before it.',
        entry,
      );
    if (!text.startsWith('{"block":{')) this.#take(intact ? [entry] : [], 1);
    else {
      this.blocks += 1;
      // A descriptor that was altered itself says nothing about its block.
      const sealed = trusted === false ? tile.intact === true && intact : trusted || intact;
      if (!sealed) return;
      await this.#block(text, index);
      yield;
    }
  }

  async #block(descriptor: string, index: number): Promise<void> {
    const bytes = await this.#o.read(blockPath(index));
    if (bytes === null && (await this.#mayBeGone(index + 1))) this.expired += 1;
    else {
      const records = checkBlock(bytes, descriptor, index, this.#o.report);
      this.#take(records, records.length);
    }
  }

  #take(intact: readonly Uint8Array[], count: number): void {
    this.records += count;
    for (const record of intact) this.#o.onRecord?.(record);
  }

  /** Which of the two is wrong where bundle and tile disagree? What is remembered decides, or the hash above. */
  async #settle(
    index: number,
    width: number,
    hashes: Uint8Array[],
    stored: Uint8Array[],
    entries: Uint8Array[],
    file: File,
    tile: File,
  ): Promise<void> {
    const bad = hashes.findIndex((hash, i) => stored[i] !== undefined && !equalBytes(hash, stored[i]));
    let believed = hashes;
    // The last tile has nothing above it but the root itself, and that tells of each of the two alone.
    const alone = width < TILE_WIDTH && !this.#doubtful;
    const tileWrong = alone && stored.length === width && !equalBytes(this.#rootWith(stored), this.#o.root);
    if (bad >= 0) {
      const leaf = index * TILE_WIDTH + bad;
      const tileHolds = await this.#tileHolds(index, width, hashes, stored, file, tile);
      const bundleWrong = alone ? !equalBytes(this.#rootWith(hashes), this.#o.root) : tileHolds;
      if (bundleWrong)
        this.#report('entry_altered', file.path, leaf, 'The entry is not what was sealed.', entries[bad]);
      if (alone ? tileWrong : !tileHolds) this.#notOfEntry(tile.path, leaf, entries[bad]);
      if (tileHolds && stored.length === width) believed = stored;
      this.#prev = toHex(believed.at(-1) ?? EMPTY_ROOT);
    } else if (entries.length === 0 && tileWrong) this.#notOfEntry(tile.path, index * TILE_WIDTH);
    const disagree =
      bad >= 0 && (width < TILE_WIDTH || tile.intact === undefined || file.intact === undefined);
    const guessed = entries.length === 0 && tile.intact !== true;
    const wrong = believed === stored ? tile.intact === false : entries.length > 0 && file.intact === false;
    if (disagree || guessed || wrong) this.#doubtful = true;
    // Both may have been changed so that they agree, or so that only one is blamed: each is judged by itself too.
    const from = index * TILE_WIDTH + Math.max(0, bad);
    for (const one of [file, tile])
      if (one.intact === false)
        this.#report(
          'file_altered',
          one.path,
          from,
          'The file is not the one that was sealed.',
          entries[Math.max(0, bad)],
        );
    for (const hash of believed) this.#levels[0]?.push(hash);
    if (width === TILE_WIDTH) await this.#up(0, index);
  }

  /** Whether the entries of the last bundle are what was sealed, where its tile cannot say so. */
  #givesRoot(entries: Uint8Array[], width: number): boolean {
    const alone = width < TILE_WIDTH && entries.length === width && !this.#doubtful;
    return alone && equalBytes(this.#rootWith(entries.map(leafHash)), this.#o.root);
  }

  #notOfEntry(path: string, leaf: number, entry?: Uint8Array): void {
    this.#report('tile_altered', path, leaf, 'The hash in the tile is not the hash of the entry.', entry);
  }

  async #tileHolds(
    index: number,
    width: number,
    hashes: Uint8Array[],
    stored: Uint8Array[],
    file: File,
    tile: File,
  ): Promise<boolean> {
    if (stored.length < width) return false;
    if (tile.intact !== undefined && file.intact !== undefined && tile.intact !== file.intact)
      return tile.intact;
    if (width === TILE_WIDTH) {
      const above = await this.#files.above(index);
      return above === undefined || !equalBytes(above, rootOfLeafHashes(hashes));
    }
    // The last tile has nothing above it but the root itself.
    return !equalBytes(this.#rootWith(hashes), this.#o.root);
  }

  #rootWith(last: Uint8Array[]): Uint8Array {
    return rootOfLevels(this.#levels.map((level, i) => (i === 0 ? [...level, ...last] : level)));
  }

  /**
   * The tile of `level` is complete: compare the tile above as soon as it is complete too.
   * @param known what stands for the tile's hash where its bytes are not to be believed.
   */
  async #up(level: number, index: number, known?: Uint8Array): Promise<void> {
    const hashes = this.#levels[level] ?? [];
    this.#levels[level] = [];
    this.#levels[level + 1] ??= [];
    this.#levels[level + 1]?.push(known ?? rootOfLeafHashes(hashes));
    const above = this.#levels[level + 1] ?? [];
    const parent = Math.floor(index / TILE_WIDTH);
    if (above.length === TILE_WIDTH) {
      await this.#compare(level + 1, parent, above);
      await this.#up(level + 1, parent);
    }
    if (level > 0) return;
    const before = this.#o.known;
    if (this.#doubtful && before?.bundles === index + 1) {
      this.#levels.splice(0, this.#levels.length, ...before.levels.map((tile) => [...tile]));
      this.#prev = before.prev;
      this.#doubtful = false;
    }
    const levels = this.#levels.map((tile) => [...tile]);
    this.#frontier = { bundles: index + 1, levels, prev: this.#prev };
  }

  async #compare(level: number, index: number, hashes: readonly Uint8Array[]): Promise<void> {
    const file = await this.#files.read(hashes.length, (w) => tilePath(level, index, w));
    const stored = file.bytes === null ? [] : splitHashes(file.bytes);
    const bad = [...hashes.keys()].filter((i) => {
      const hash = stored[i];
      return hash === undefined || !equalBytes(hash, hashes[i] as Uint8Array);
    });
    const span = TILE_WIDTH ** level;
    const wanted = (file.full ? TILE_WIDTH : hashes.length) * HASH_SIZE;
    if (bad.length === 0 && file.bytes?.length === wanted && file.intact !== false) return;
    // The files below were found to be wrong already; this one is known to be right.
    if (file.intact === true && this.#doubtful) return;
    // What was exchanged below a whole tile, entries and hashes alike, shows here only: each place by itself.
    const places = bad.length > 0 && stored.length >= hashes.length ? bad : [bad[0] ?? 0];
    for (const i of places)
      this.#report(
        file.bytes === null ? 'tile_missing' : 'tile_altered',
        file.path,
        (index * TILE_WIDTH + i) * span,
        `The tile does not fit the ${span} entries from here on.`,
      );
  }

  async #finish(): Promise<void> {
    for (let level = 1; level < this.#levels.length; level++) {
      const hashes = this.#levels[level] ?? [];
      if (hashes.length > 0)
        await this.#compare(level, Math.floor(this.#o.size / TILE_WIDTH ** (level + 1)), hashes);
    }
    this.#computed = rootOfLevels(this.#levels);
  }
}
