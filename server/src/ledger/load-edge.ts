import {
  BundleError,
  bundlePath,
  decodeBundle,
  equalBytes,
  type FileReader,
  leafHash,
  rootOfLeafHashes,
  splitHashes,
  TILE_WIDTH,
  tilePath,
} from '@prooflog/proof';
import { Failure } from '../base/errors.js';
import { Edge } from './edge.js';
import type { Head } from './heads.js';

/**
 * Reads the right edge of a log back from its partial tiles. What is appended to it will be signed, so files that
 * were altered meanwhile must not get under a new head: they are held against the old one.
 * @throws Failure `ledger_conflict` when a file is missing or does not fit the head.
 */
export async function loadEdge(files: FileReader, head: Head | undefined): Promise<Edge> {
  if (head === undefined || head.size === 0) return new Edge();
  const read = async (path: string): Promise<Uint8Array> => {
    const bytes = await files(path);
    if (bytes === null) throw new Failure('ledger_conflict', `${path} of ${head.log} is missing.`);
    return bytes;
  };
  /** Where the ledger is ahead of the head, the full file may have taken the partial one's place. */
  const partial = async (width: number, path: (width?: number) => string): Promise<Uint8Array> =>
    (await files(path(width))) ?? (await files(path())) ?? read(path(width));
  const levels: Uint8Array[][] = [[]];
  for (let level = 0, n = head.size; n > 0; level++, n = Math.floor(n / TILE_WIDTH)) {
    const width = n % TILE_WIDTH;
    const index = Math.floor(n / TILE_WIDTH);
    levels[level] =
      width === 0 ? [] : splitHashes(await partial(width, (w) => tilePath(level, index, w))).slice(0, width);
  }
  const width = head.size % TILE_WIDTH;
  const index = Math.floor(head.size / TILE_WIDTH);
  const bundle =
    width === 0 ? [] : entriesOf(await partial(width, (w) => bundlePath(index, w))).slice(0, width);
  const hashes = levels[0] ?? [];
  const fits =
    bundle.length === hashes.length &&
    bundle.every((e, i) => equalBytes(leafHash(e), hashes[i] as Uint8Array));
  const last = hashes.at(-1) ?? (await lastOfFull(read, head.size, levels));
  const edge = new Edge(head.size, levels, bundle, last);
  if (!fits || last === null || !equalBytes(edge.root(), head.root))
    throw new Failure('ledger_conflict', `The last files of ${head.log} do not fit its head.`);
  return edge;
}

/** What cannot be taken apart has no entries, and fits no head. */
function entriesOf(bundle: Uint8Array): Uint8Array[] {
  try {
    return decodeBundle(bundle);
  } catch (error) {
    if (error instanceof BundleError) return [];
    throw error;
  }
}

/** Last leaf hash of a log whose last bundle is full; null when its tile does not fit the tiles above it. */
async function lastOfFull(
  read: (path: string) => Promise<Uint8Array>,
  size: number,
  levels: readonly Uint8Array[][],
): Promise<Uint8Array | null> {
  const first = splitHashes(await read(tilePath(0, size / TILE_WIDTH - 1)));
  let root = rootOfLeafHashes(first);
  for (let level = 1, n = size / TILE_WIDTH; ; level++, n /= TILE_WIDTH) {
    const known = levels[level]?.at(-1);
    if (known !== undefined) return equalBytes(known, root) ? (first.at(-1) ?? null) : null;
    const above = splitHashes(await read(tilePath(level, n / TILE_WIDTH - 1)));
    if (!equalBytes(above.at(-1) ?? new Uint8Array(), root)) return null;
    root = rootOfLeafHashes(above);
  }
}
