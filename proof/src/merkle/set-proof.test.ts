import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, equalBytes, toHex, utf8 } from '../hash/bytes.js';
import { leafHash } from '../hash/tree-hash.js';
import { inclusionPathOfLeafHashes, rootOfLeafHashes, treeRoot } from './compute.js';
import { rootFromSet, setPathOfLeafHashes } from './set-proof.js';

const treeOf = (size: number): Uint8Array[] => Array.from({ length: size }, (_, i) => leafHash(utf8(`${i}`)));
const sets = fc
  .integer({ min: 1, max: 600 })
  .chain((size) => fc.tuple(fc.constant(size), fc.uniqueArray(fc.nat(size - 1), { maxLength: 40 })));
const pick = (tree: readonly Uint8Array[], indexes: readonly number[]) =>
  indexes.map((index) => ({ index, hash: tree[index] as Uint8Array }));

describe('the path of a set of leaves', () => {
  it('leads to the root, for any set in any tree', async () => {
    await fc.assert(
      fc.asyncProperty(sets, async ([size, chosen]) => {
        const tree = treeOf(size);
        const indexes = [...chosen].sort((a, b) => a - b);
        const path = await setPathOfLeafHashes(indexes, tree);
        const root = rootFromSet(pick(tree, indexes), size, path) ?? new Uint8Array();
        expect(toHex(root)).toBe(toHex(rootOfLeafHashes(tree)));
      }),
    );
  });

  it('of one leaf has the hashes of its audit path; of a whole tree it has none', async () => {
    const tree = treeOf(77);
    for (const index of [0, 1, 63, 64, 75, 76]) {
      const path = await setPathOfLeafHashes([index], tree);
      const audit = inclusionPathOfLeafHashes(index, tree);
      expect(path.length).toBe(audit.length * 32);
      expect(audit.every((hash) => Buffer.from(path).includes(Buffer.from(hash)))).toBe(true);
    }
    expect(
      await setPathOfLeafHashes(
        tree.map((_, i) => i),
        tree,
      ),
    ).toHaveLength(0);
  });

  it('holds for nothing else: other leaf, other place, other size, longer or shorter path', async () => {
    await fc.assert(
      fc.asyncProperty(sets, fc.nat(), async ([size, chosen], n) => {
        fc.pre(chosen.length > 0);
        const tree = treeOf(size);
        const indexes = [...chosen].sort((a, b) => a - b);
        const root = rootOfLeafHashes(tree);
        const path = await setPathOfLeafHashes(indexes, tree);
        const good = pick(tree, indexes);
        const holds = (leaves = good, n2 = size, p = path): boolean => {
          const got = rootFromSet(leaves, n2, p);
          return got !== null && equalBytes(got, root);
        };
        const at = n % good.length;
        const forged = good.map((leaf, i) => (i === at ? { ...leaf, hash: leafHash(utf8('no')) } : leaf));
        expect(holds(forged)).toBe(false);
        expect(holds(good, size, concat(path, new Uint8Array(32)))).toBe(false);
        if (path.length > 0) expect(holds(good, size, path.subarray(32))).toBe(false);
        expect(holds(good, size, concat(path, Uint8Array.of(0)))).toBe(false);
        expect(rootFromSet([...good, ...good], size, path)).toBeNull();
        expect(rootFromSet(good, good.at(-1)?.index ?? 0, path)).toBeNull();
      }),
    );
  });

  it('tells the subtrees it knows, each with its true hash', async () => {
    const tree = treeOf(100);
    const path = await setPathOfLeafHashes([3, 70], tree);
    const reader = async (level: number, index: number) =>
      rootOfLeafHashes(tree.slice(index * 2 ** level, (index + 1) * 2 ** level));
    const told: [number, number, Uint8Array][] = [];
    rootFromSet(pick(tree, [3, 70]), 100, path, (...node) => told.push(node));
    expect(told.length).toBeGreaterThan(10);
    for (const [level, index, hash] of told) expect(toHex(hash)).toBe(toHex(await reader(level, index)));
    expect(toHex(await treeRoot(64, reader))).toBe(toHex(rootOfLeafHashes(tree.slice(0, 64))));
  });
});
