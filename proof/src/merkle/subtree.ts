import { equalBytes } from '../hash/bytes.js';
import { EMPTY_ROOT, HASH_SIZE, nodeHash } from '../hash/tree-hash.js';
import { verifyInclusion } from './verify.js';

/** Subtrees of a Merkle tree: leaves `[start, end)` (draft-ietf-plants-merkle-tree-certs §4). */
function isSubtree(start: number, end: number): boolean {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start >= end) return false;
  let width = 1;
  while (width < end - start) width *= 2;
  return start % width === 0;
}

export interface SubtreeInclusion {
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly leafHash: Uint8Array;
  readonly path: readonly Uint8Array[];
  /** Root of the subtree. */
  readonly root: Uint8Array;
}

/** Whether leaf `index` of the whole tree lies in the subtree. */
export function verifySubtreeInclusion({
  index,
  start,
  end,
  leafHash,
  path,
  root,
}: SubtreeInclusion): boolean {
  if (!isSubtree(start, end) || !(index >= start)) return false;
  return verifyInclusion({ index: index - start, size: end - start, leafHash, path, root });
}

export interface SubtreeConsistency {
  readonly start: number;
  readonly end: number;
  readonly size: number;
  readonly subtreeRoot: Uint8Array;
  readonly root: Uint8Array;
  readonly path: readonly Uint8Array[];
}

const half = (n: number): number => Math.floor(n / 2);

/** Whether the subtree is part of the tree of `size` leaves. */
export function verifySubtreeConsistency({
  start,
  end,
  size,
  subtreeRoot,
  root,
  path,
}: SubtreeConsistency): boolean {
  if (!Number.isSafeInteger(size) || end > size || !path.every((h) => h.length === HASH_SIZE)) return false;
  // The empty subtree is part of every tree; all there is to check is that it is the empty one.
  if (start === end) return start >= 0 && path.length === 0 && equalBytes(subtreeRoot, EMPTY_ROOT);
  if (!isSubtree(start, end)) return false;
  let [fn, sn, tn] = [start, end - 1, size - 1];
  const shift = (): void => {
    [fn, sn, tn] = [half(fn), half(sn), half(tn)];
  };
  while (fn !== sn && (sn === tn || sn % 2 === 1)) shift();
  const proof = fn === sn ? [subtreeRoot, ...path] : [...path];
  const first = proof.shift();
  if (first === undefined) return false;
  let fr = first;
  let sr = first;
  for (const c of proof) {
    if (tn === 0) return false;
    if (sn % 2 === 1 || sn === tn) {
      if (fn < sn) fr = nodeHash(c, fr);
      sr = nodeHash(c, sr);
      while (sn % 2 === 0 && sn !== 0) shift();
    } else sr = nodeHash(sr, c);
    shift();
  }
  return tn === 0 && equalBytes(fr, subtreeRoot) && equalBytes(sr, root);
}
