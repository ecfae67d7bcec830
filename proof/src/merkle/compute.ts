import { EMPTY_ROOT, nodeHash } from '../hash/tree-hash.js';

/** Root of the complete subtree number `index` of 2^`level` leaves. */
export type HashReader = (level: number, index: number) => Promise<Uint8Array>;

/** Thrown for sizes and indexes that no tree has. */
export class TreeError extends Error {
  override readonly name = 'TreeError';
  readonly code = 'out_of_range';
}

/** The largest power of two smaller than `n` (n > 1): where RFC 6962 splits. */
export function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Merkle tree hash over leaf hashes (RFC 6962 §2.1), in place over a copy, level by level. */
export function rootOfLeafHashes(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return EMPTY_ROOT;
  const level = [...hashes];
  // Pairing from the left and carrying an odd last node up gives the same tree as the recursive split.
  for (let n = level.length; n > 1; n = Math.ceil(n / 2)) {
    for (let i = 0; i < n; i += 2)
      level[i / 2] =
        i + 1 < n ? nodeHash(level[i] as Uint8Array, level[i + 1] as Uint8Array) : (level[i] as Uint8Array);
  }
  return level[0] as Uint8Array;
}

function check(condition: boolean): void {
  if (!condition) throw new TreeError('no tree has this size or index');
}

/** Root of leaves `[from, to)`; `from` is a multiple of the largest power of two in the range. */
export async function rangeRoot(from: number, to: number, reader: HashReader): Promise<Uint8Array> {
  const n = to - from;
  const level = Math.log2(n);
  if (Number.isInteger(level)) return reader(level, from / n);
  const k = split(n);
  return nodeHash(await rangeRoot(from, from + k, reader), await rangeRoot(from + k, to, reader));
}

export async function treeRoot(size: number, reader: HashReader): Promise<Uint8Array> {
  check(Number.isSafeInteger(size) && size >= 0);
  return size === 0 ? EMPTY_ROOT : rangeRoot(0, size, reader);
}

/** Audit path of leaf `index` in the tree of `size` leaves (RFC 9162 §2.1.3.1), lowest first. */
export async function inclusionPath(index: number, size: number, reader: HashReader): Promise<Uint8Array[]> {
  check(Number.isSafeInteger(size) && Number.isSafeInteger(index) && index >= 0 && index < size);
  const path: Uint8Array[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const k = from + split(to - from);
    const left = index < k;
    path.unshift(left ? await rangeRoot(k, to, reader) : await rangeRoot(from, k, reader));
    if (left) to = k;
    else from = k;
  }
  return path;
}

/** Proof that the tree of `size1` leaves is a prefix of that of `size2` (RFC 9162 §2.1.4.1). */
export async function consistencyPath(
  size1: number,
  size2: number,
  reader: HashReader,
): Promise<Uint8Array[]> {
  check(Number.isSafeInteger(size1) && Number.isSafeInteger(size2) && size1 >= 0 && size1 <= size2);
  if (size1 === 0 || size1 === size2) return [];
  const path: Uint8Array[] = [];
  let from = 0;
  let to = size2;
  let complete = true;
  while (size1 !== to) {
    const k = from + split(to - from);
    if (size1 <= k) {
      path.unshift(await rangeRoot(k, to, reader));
      to = k;
    } else {
      path.unshift(await rangeRoot(from, k, reader));
      from = k;
      complete = false;
    }
  }
  if (!complete) path.unshift(await rangeRoot(from, to, reader));
  return path;
}

/** {@link inclusionPath} where all leaf hashes are at hand. */
export function inclusionPathOfLeafHashes(index: number, hashes: readonly Uint8Array[]): Uint8Array[] {
  check(index >= 0 && index < hashes.length);
  const path: Uint8Array[] = [];
  let from = 0;
  let to = hashes.length;
  while (to - from > 1) {
    const k = from + split(to - from);
    const left = index < k;
    path.unshift(rootOfLeafHashes(left ? hashes.slice(k, to) : hashes.slice(from, k)));
    if (left) to = k;
    else from = k;
  }
  return path;
}
