import { HASH_SIZE } from '../hash/tree-hash.js';
import { type HashReader, rootOfLeafHashes } from '../merkle/compute.js';
import { partialWidth, TILE_WIDTH, tilePath } from './paths.js';

/** Reads a file of a log by its path; null when there is none. */
export type FileReader = (path: string) => Promise<Uint8Array | null>;

export function splitHashes(tile: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.floor(tile.length / HASH_SIZE) }, (_, i) =>
    tile.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE),
  );
}

/** A tile that is needed and missing or too short. */
export class TileError extends Error {
  override readonly name = 'TileError';
  readonly code = 'tile_missing';
}

/** Tiles kept at a time: a proof needs a few, a walk over a long log passes many. */
const KEPT_TILES = 128;

/**
 * Hashes of a log of `size` entries out of its tiles. A partial tile that was replaced by a wider one meanwhile
 * is looked for as the full tile, as the specification has it.
 */
export function tileHashes(size: number, read: FileReader): HashReader {
  const cache = new Map<string, Promise<Uint8Array>>();
  const load = async (level: number, index: number): Promise<Uint8Array> => {
    const last = Math.floor(size / TILE_WIDTH ** (level + 1));
    const width = index === last ? partialWidth(size, level) : TILE_WIDTH;
    const bytes = (await read(tilePath(level, index, width))) ?? (await read(tilePath(level, index)));
    if (bytes === null || bytes.length < width * HASH_SIZE)
      throw new TileError(tilePath(level, index, width));
    return bytes;
  };
  return async (level, index) => {
    const tileLevel = Math.floor(level / 8);
    const count = 2 ** (level % 8);
    const first = index * count;
    const tile = Math.floor(first / TILE_WIDTH);
    const key = `${tileLevel}/${tile}`;
    let bytes = cache.get(key);
    if (bytes === undefined) {
      bytes = load(tileLevel, tile);
      const [oldest] = cache.keys();
      if (cache.size >= KEPT_TILES && oldest !== undefined) cache.delete(oldest);
      cache.set(key, bytes);
    }
    const at = (first % TILE_WIDTH) * HASH_SIZE;
    return rootOfLeafHashes(splitHashes((await bytes).subarray(at, at + count * HASH_SIZE)));
  };
}
