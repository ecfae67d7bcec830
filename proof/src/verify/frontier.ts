import { EMPTY_ROOT } from '../hash/tree-hash.js';
import { rootOfLeafHashes } from '../merkle/compute.js';

/** Hashes of the incomplete tile of each level, the lowest first: the right edge of a tree. */
export type Levels = readonly (readonly Uint8Array[])[];

/** What was computed up to the last full bundle: a later walk of the same log can begin there. */
export interface Frontier {
  /** Full bundles behind it. */
  readonly bundles: number;
  /** At level 0 none. */
  readonly levels: Levels;
  /** Lower-case hex leaf hash of the last entry, 64 zeros before the first. */
  readonly prev: string;
}

export const START: Frontier = { bundles: 0, levels: [[]], prev: '0'.repeat(64) };

/** Root of a tree out of its right edge: each level's hashes with the smaller right part as the last one. */
export function rootOfLevels(levels: Levels): Uint8Array {
  let carry: Uint8Array | null = null;
  for (const level of levels) {
    const hashes: readonly Uint8Array[] = carry === null ? level : [...level, carry];
    if (hashes.length > 0) carry = rootOfLeafHashes(hashes);
  }
  return carry ?? EMPTY_ROOT;
}
