import { HASH_SIZE } from '../hash/tree-hash.js';
import { decodeBundle } from '../tile/bundle.js';
import { TILE_WIDTH, tilePath } from '../tile/paths.js';
import { type FileReader, splitHashes } from '../tile/reader.js';
import { eventIdIn, type Finding } from './findings.js';

/** A tile or bundle as it was found, under the name that it was found by. */
export interface File {
  readonly path: string;
  readonly bytes: Uint8Array | null;
  readonly full: boolean;
  /** Whether these are the bytes that somebody remembers of it; undefined when nobody does. */
  readonly intact: boolean | undefined;
}

/** What somebody remembers of a full file: true when these are its bytes, undefined when nothing is known. */
export type Memory = (path: string, bytes: Uint8Array) => Promise<boolean | undefined>;

export type Report = (
  code: Finding['code'],
  path: string,
  index: number,
  message: string,
  entry?: Uint8Array,
) => void;

/** Findings of entries, with the event id where their bytes are at hand. */
export const reporting =
  (report: (finding: Finding) => void): Report =>
  (code, path, index, message, entry) => {
    const eventId = entry === undefined ? undefined : eventIdIn(entry);
    report({ code, path, index, ...(eventId === undefined ? {} : { eventId }), message });
  };

/** The tiles and bundles of a log of some size. */
export class WalkFiles {
  readonly #read: FileReader;
  readonly #intact: Memory | undefined;
  readonly #size: number;

  constructor(read: FileReader, intact: Memory | undefined, size: number) {
    this.#read = read;
    this.#intact = intact;
    this.#size = size;
  }

  /** A partial file may meanwhile have grown into the full one. */
  async read(width: number, path: (width?: number) => string): Promise<File> {
    if (width < TILE_WIDTH) {
      const bytes = await this.#read(path(width));
      if (bytes !== null) return { path: path(width), bytes, full: false, intact: undefined };
    }
    const bytes = await this.#read(path());
    // Where the partial file is missing without a full one, it is the partial file that is missing.
    if (bytes === null) return { path: path(width), bytes, full: false, intact: undefined };
    return { path: path(), bytes, full: true, intact: await this.#intact?.(path(), bytes) };
  }

  /** The hash of a full bundle as the tile above has it. */
  async above(index: number): Promise<Uint8Array | undefined> {
    const tiles = Math.floor(this.#size / TILE_WIDTH);
    const parentIndex = Math.floor(index / TILE_WIDTH);
    const width = Math.min(TILE_WIDTH, tiles - parentIndex * TILE_WIDTH);
    const parent = await this.read(width, (w) => tilePath(1, parentIndex, w));
    const at = (index % TILE_WIDTH) * HASH_SIZE;
    const hash = parent.bytes?.subarray(at, at + HASH_SIZE);
    return hash?.length === HASH_SIZE ? hash : undefined;
  }
}

/** The first `width` entries of a bundle; none, with a finding, when it cannot be had. */
export function entriesIn(file: File, first: number, width: number, report: Report): Uint8Array[] {
  try {
    if (file.bytes === null) throw new Error('missing');
    const entries = decodeBundle(file.bytes);
    if (entries.length !== (file.full ? TILE_WIDTH : width)) throw new Error('wrong width');
    return entries.slice(0, width);
  } catch {
    const what = file.bytes === null ? 'is missing' : 'cannot be taken apart';
    report('bundle_broken', file.path, first, `The bundle of entries ${what}.`);
    return [];
  }
}

/** The first `width` hashes of a level-0 tile, or as many as there are, with a finding. */
export function hashesIn(
  tile: File,
  first: number,
  width: number,
  entry: Uint8Array | undefined,
  report: Report,
): Uint8Array[] {
  const { path, bytes, full } = tile;
  if (bytes === null || bytes.length < width * HASH_SIZE) {
    const what = bytes === null ? 'is missing' : 'is cut off';
    report('tile_missing', path, first, `The tile ${what}.`, entry);
  } else if (bytes.length !== (full ? TILE_WIDTH : width) * HASH_SIZE)
    report('tile_altered', path, first, 'The tile has not the length of its width.', entry);
  return bytes === null ? [] : splitHashes(bytes).slice(0, width);
}
