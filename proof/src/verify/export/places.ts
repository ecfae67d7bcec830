import { parseStrict } from '../../canonical/parse.js';
import { readProofLine } from '../../export/proof-line.js';
import { equalBytes, fromHex, fromUtf8 } from '../../hash/bytes.js';
import { leafHash } from '../../hash/tree-hash.js';
import { type NodeListener, rootFromSet } from '../../merkle/set-proof.js';

/** Where one record of an export is said to stand. */
export interface Place {
  readonly leaf: number;
  readonly slot: number;
  readonly block: boolean;
  /** Said to be erased; that alone proves nothing. */
  readonly erased: boolean;
  /** As stated, or as computed from the record where only that leads to the root. */
  hash: Uint8Array;
  /** Leads to the root of the tree. */
  proven: boolean;
}

interface Group {
  readonly leaf: number;
  readonly first: number;
  readonly places: readonly Place[];
  readonly block?: { readonly descriptor: Uint8Array; readonly path: Uint8Array };
}

/** The places of all records of a log, and whether they lead to a root. */
export class Places {
  readonly all: readonly Place[];
  readonly #groups: readonly Group[];

  private constructor(groups: readonly Group[]) {
    this.#groups = groups;
    this.all = groups.flatMap((group) => group.places);
  }

  /** @returns the places, or the number (from 1) of the first line that is no proof. */
  static read(lines: readonly Uint8Array[]): Places | number {
    const groups: Group[] = [];
    let first = 0;
    for (const [i, bytes] of lines.entries()) {
      const line = readProofLine(bytes);
      if (line === null) return i + 1;
      const { leaf, records, block, erased = false } = line;
      const places = records.map(({ slot, hash }) => ({
        leaf,
        slot,
        block: block !== undefined,
        erased,
        hash,
        proven: false,
      }));
      groups.push({ leaf, first, places, ...(block === undefined ? {} : { block }) });
      first += places.length;
    }
    return new Places(groups);
  }

  /**
   * Marks what leads to the root. An altered proof line must not condemn a record that is right, so where the
   * stated hashes lead nowhere, those of the records are tried in their stead.
   * @param computed hashes of the records in the order of the lines.
   * @returns whether the tree's root was reached.
   */
  prove(
    tree: { size: number; root: Uint8Array },
    path: Uint8Array,
    computed: readonly Uint8Array[],
    onNode?: NodeListener,
  ): boolean {
    const same = computed.length === this.all.length;
    const holds = this.#tree(tree, path, onNode) || (same && this.#retry(tree, path, computed, onNode));
    for (const group of this.#groups) {
      const inBlock = group.block === undefined || blockHolds(group, (place) => place.hash);
      const mended = !inBlock && same && blockHolds(group, (_, i) => computed[group.first + i] as Uint8Array);
      for (const [i, place] of group.places.entries()) {
        if (mended) place.hash = computed[group.first + i] as Uint8Array;
        place.proven = holds && (inBlock || mended);
      }
    }
    return holds;
  }

  #retry(
    tree: { size: number; root: Uint8Array },
    path: Uint8Array,
    computed: readonly Uint8Array[],
    onNode?: NodeListener,
  ): boolean {
    const stated = this.all.map((place) => place.hash);
    for (const [i, place] of this.all.entries()) if (!place.block) place.hash = computed[i] as Uint8Array;
    if (this.#tree(tree, path, onNode)) return true;
    for (const [i, place] of this.all.entries()) place.hash = stated[i] as Uint8Array;
    return false;
  }

  #tree(tree: { size: number; root: Uint8Array }, path: Uint8Array, onNode?: NodeListener): boolean {
    const leaves = this.#groups.map(({ leaf, places, block }) => ({
      index: leaf,
      hash: block === undefined ? (places[0]?.hash ?? new Uint8Array()) : leafHash(block.descriptor),
    }));
    const root = rootFromSet(leaves, tree.size, path, onNode);
    return root !== null && equalBytes(root, tree.root);
  }

  /** Whether these are all records of a log of this size. */
  areAll(size: number): boolean {
    return (
      this.#groups.length === size &&
      this.#groups.every((g) => g.block === undefined || g.places.length === infoOf(g.block.descriptor).count)
    );
  }
}

function blockHolds(group: Group, hashOf: (place: Place, i: number) => Uint8Array): boolean {
  if (group.block === undefined) return true;
  const { count, root } = infoOf(group.block.descriptor);
  const leaves = group.places.map((place, i) => ({ index: place.slot, hash: hashOf(place, i) }));
  const got = rootFromSet(leaves, count, group.block.path);
  return got !== null && root !== null && equalBytes(got, root);
}

function infoOf(descriptor: Uint8Array): { count: number; root: Uint8Array | null } {
  const { block } = parseStrict(fromUtf8(descriptor) ?? 'null') as {
    block?: { count?: unknown; root?: unknown };
  };
  return {
    count: typeof block?.count === 'number' ? block.count : -1,
    root: typeof block?.root === 'string' ? fromHex(block.root) : null,
  };
}
