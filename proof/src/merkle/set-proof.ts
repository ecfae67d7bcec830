import { concat } from '../hash/bytes.js';
import { EMPTY_ROOT, HASH_SIZE, nodeHash } from '../hash/tree-hash.js';
import { type HashReader, rangeRoot, split, TreeError } from './compute.js';

/** A leaf that is to be proven. */
export interface SetLeaf {
  readonly index: number;
  readonly hash: Uint8Array;
}

/** Told of every subtree whose hash the walk came by: 2^`level` leaves, number `index` of its size. */
export type NodeListener = (level: number, index: number, hash: Uint8Array) => void;

/**
 * The hashes that lead from a set of leaves to the root (docs/formats/export.md): of each largest subtree without
 * a leaf of the set, left before right.
 * @param indexes ascending, each below `size`.
 * @throws TreeError for indexes that are not.
 */
export async function* setPath(
  indexes: ArrayLike<number>,
  size: number,
  reader: HashReader,
): AsyncGenerator<Uint8Array> {
  if (!isAscending(indexes, size)) throw new TreeError('no tree has this size or index');
  yield* walk(0, size, 0);

  async function* walk(from: number, to: number, at: number): AsyncGenerator<Uint8Array, number> {
    const next = indexes[at];
    if (from === to) return at;
    if (next === undefined || next >= to) {
      yield await rangeRoot(from, to, reader);
      return at;
    }
    if (to - from === 1) return at + 1;
    const middle = from + split(to - from);
    return yield* walk(middle, to, yield* walk(from, middle, at));
  }
}

/** {@link setPath} where all leaf hashes are at hand, as one row of bytes. */
export async function setPathOfLeafHashes(
  indexes: readonly number[],
  hashes: readonly Uint8Array[],
): Promise<Uint8Array> {
  const read: HashReader = async (level, index) => {
    if (level === 0) return hashes[index] as Uint8Array;
    return nodeHash(await read(level - 1, 2 * index), await read(level - 1, 2 * index + 1));
  };
  const path: Uint8Array[] = [];
  for await (const hash of setPath(indexes, hashes.length, read)) path.push(hash);
  return concat(...path);
}

/**
 * The root of the tree of `size` leaves, from some of its leaves and their path.
 * @param path hashes of 32 bytes, one after another.
 * @returns null when leaves or path are not those of such a tree.
 */
export function rootFromSet(
  leaves: readonly SetLeaf[],
  size: number,
  path: Uint8Array,
  onNode?: NodeListener,
): Uint8Array | null {
  const indexes = leaves.map((leaf) => leaf.index);
  if (!isAscending(indexes, size) || path.length % HASH_SIZE !== 0) return null;
  let taken = 0;
  let leaf = 0;
  const visit = (from: number, to: number): Uint8Array | null => {
    const hash = hashOf(from, to);
    const level = Math.log2(to - from);
    if (hash !== null && Number.isInteger(level)) onNode?.(level, from / (to - from), hash);
    return hash;
  };
  const hashOf = (from: number, to: number): Uint8Array | null => {
    const next = indexes[leaf];
    if (next === undefined || next >= to) {
      taken += HASH_SIZE;
      return taken > path.length ? null : path.subarray(taken - HASH_SIZE, taken);
    }
    if (to - from === 1) return leaves[leaf++]?.hash ?? null;
    const middle = from + split(to - from);
    const left = visit(from, middle);
    const right = left === null ? null : visit(middle, to);
    return left === null || right === null ? null : nodeHash(left, right);
  };
  const root = size === 0 ? EMPTY_ROOT : visit(0, size);
  return taken === path.length ? root : null;
}

function isAscending(indexes: ArrayLike<number>, size: number): boolean {
  if (!Number.isSafeInteger(size) || size < 0) return false;
  let before = -1;
  for (let i = 0; i < indexes.length; i++) {
    const index = indexes[i] as number;
    if (!Number.isSafeInteger(index) || index <= before || index >= size) return false;
    before = index;
  }
  return true;
}
