import {
  bundlePath,
  encodeBundle,
  leafHash,
  rootOfLeafHashes,
  rootOfLevels,
  TILE_WIDTH,
  tilePath,
  toHex,
} from '@prooflog/proof';

/** A file to be written, its path relative to the log's directory. */
export interface LedgerFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const NO_HASH = '0'.repeat(64);

/**
 * The right edge of a log's tree: the incomplete tile of every level and the incomplete bundle. That is all a
 * sealer needs to append, so the cost of a record does not grow with the log.
 */
export class Edge {
  /** Records (leaves) so far. */
  size: number;
  /** `levels[l]` are the hashes of the incomplete tile of level l. */
  readonly levels: Uint8Array[][];
  /** Entries of the incomplete bundle. */
  bundle: Uint8Array[];
  #last: Uint8Array | null;
  #files: LedgerFile[] = [];

  constructor(
    size = 0,
    levels: Uint8Array[][] = [[]],
    bundle: Uint8Array[] = [],
    last: Uint8Array | null = null,
  ) {
    this.size = size;
    this.levels = levels;
    this.bundle = bundle;
    this.#last = last;
  }

  /** Leaf hash of the last entry as `prev_hash` wants it. */
  get prevHash(): string {
    return this.#last === null ? NO_HASH : toHex(this.#last);
  }

  /** Appends an entry and returns its leaf hash. Full tiles and bundles are kept for {@link takeFiles}. */
  append(entry: Uint8Array): Uint8Array {
    const hash = leafHash(entry);
    this.#last = hash;
    this.bundle.push(entry);
    this.size += 1;
    if (this.bundle.length === TILE_WIDTH) {
      this.#files.push({ path: bundlePath(this.size / TILE_WIDTH - 1), bytes: encodeBundle(this.bundle) });
      this.bundle = [];
    }
    this.#push(0, hash);
    return hash;
  }

  #push(level: number, hash: Uint8Array): void {
    const tile = this.levels[level] ?? [];
    this.levels[level] = tile;
    tile.push(hash);
    if (tile.length < TILE_WIDTH) return;
    const index = this.size / TILE_WIDTH ** (level + 1) - 1;
    this.#files.push({ path: tilePath(level, index), bytes: Buffer.concat(tile) });
    this.levels[level] = [];
    this.#push(level + 1, rootOfLeafHashes(tile));
  }

  /** Root of the whole tree. */
  root(): Uint8Array {
    return rootOfLevels(this.levels);
  }

  /** The files completed since the last call, and the partial ones of the present size. */
  takeFiles(): LedgerFile[] {
    const files = this.#files;
    this.#files = [];
    for (const [level, tile] of this.levels.entries())
      if (tile.length > 0)
        files.push({
          path: tilePath(level, Math.floor(this.size / TILE_WIDTH ** (level + 1)), tile.length),
          bytes: Buffer.concat(tile),
        });
    if (this.bundle.length > 0)
      files.push({
        path: bundlePath(Math.floor(this.size / TILE_WIDTH), this.bundle.length),
        bytes: encodeBundle(this.bundle),
      });
    return files;
  }
}
