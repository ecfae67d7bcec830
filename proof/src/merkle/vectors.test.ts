import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromBase64 } from '../hash/bytes.js';
import { verifySubtreeConsistency, verifySubtreeInclusion } from './subtree.js';
import { verifyConsistency, verifyInclusion } from './verify.js';

const ROOT = join(import.meta.dirname, '../../../../shared/vectors/merkle/testdata');

interface Vector {
  leafIdx: number;
  treeSize: number;
  size1: number;
  size2: number;
  start: number;
  end: number;
  size: number;
  root: string;
  root1: string;
  root2: string;
  leafHash: string;
  proof: string[] | null;
  wantErr: boolean;
}

const bytes = (text: string | undefined): Uint8Array => fromBase64(text ?? '') ?? new Uint8Array();

const VERIFY: Record<string, (v: Vector, path: Uint8Array[]) => boolean> = {
  inclusion: (v, path) =>
    verifyInclusion({
      index: v.leafIdx,
      size: v.treeSize,
      leafHash: bytes(v.leafHash),
      path,
      root: bytes(v.root),
    }),
  consistency: (v, path) =>
    verifyConsistency({ size1: v.size1, size2: v.size2, root1: bytes(v.root1), root2: bytes(v.root2), path }),
  subtreeinclusion: (v, path) =>
    verifySubtreeInclusion({
      index: v.leafIdx,
      start: v.start,
      end: v.end,
      leafHash: bytes(v.leafHash),
      path,
      root: bytes(v.root),
    }),
  subtreeconsistency: (v, path) =>
    verifySubtreeConsistency({
      start: v.start,
      end: v.end,
      size: v.size,
      subtreeRoot: bytes(v.root1),
      root: bytes(v.root2),
      path,
    }),
};

const present = existsSync(ROOT);
if (!present) console.warn('skipped: the official Merkle vectors are not beside this checkout');

describe.skipIf(!present)('official Merkle vectors (transparency-dev/merkle)', () => {
  for (const kind of Object.keys(VERIFY)) {
    it(kind, () => {
      const files = readdirSync(join(ROOT, kind), { recursive: true, encoding: 'utf8' }).filter((f) =>
        f.endsWith('.json'),
      );
      const wrong = files.filter((file) => {
        const v = JSON.parse(readFileSync(join(ROOT, kind, file), 'utf8')) as Vector;
        return VERIFY[kind]?.(v, (v.proof ?? []).map(bytes)) === v.wantErr;
      });
      expect(files.length).toBeGreaterThan(90);
      expect(wrong).toEqual([]);
    });
  }
});
