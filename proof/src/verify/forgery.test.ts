import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { testSigner } from '../../test/signer.js';
import { canonicalize, type Json } from '../canonical/canonicalize.js';
import { concat, toBase64, toHex, utf8 } from '../hash/bytes.js';
import { leafHash } from '../hash/tree-hash.js';
import { inclusionPathOfLeafHashes, rootOfLeafHashes } from '../merkle/compute.js';
import { rootFromSet, setPathOfLeafHashes } from '../merkle/set-proof.js';
import { formatCheckpoint } from '../note/checkpoint.js';
import { ALG_ED25519, formatNote, formatVkey, noteKeyId, parseNote, signEd25519Note } from '../note/note.js';
import { formatTlogProof, parseTlogProof, type TlogProof } from '../note/tlog-proof.js';
import { verifyRecordProof } from './record.js';

/** What somebody can make of a genuine proof who has no key. */

const ORIGIN = 'example.com/t1/audit';
const log = testSigner(ORIGIN, 1);
const other = testSigner('example.com/t1/logs', 2);
const VKEY = formatVkey(log.name, log.pub);
const SIZE = 13;
const INDEX = 5;

const inBlock = Array.from({ length: 6 }, (_, i) => ({ event_id: `b${i}`, message: `line ${i}` }));
const blockHashes = inBlock.map((record) => leafHash(utf8(canonicalize(record))));
const descriptor = {
  block: { count: 6, first: 'b0', last: 'b5', root: toHex(rootOfLeafHashes(blockHashes)) },
  stream: 'logs',
};
const records: Json[] = Array.from({ length: SIZE }, (_, i) => ({ event_id: `r${i}`, n: i }));
const leaves = records.map((record, i) => leafHash(utf8(canonicalize(i === 7 ? descriptor : record))));

/** The signed head of the first `size` leaves. */
const checkpoint = (size: number, by = log, origin = ORIGIN): Promise<string> =>
  signEd25519Note(formatCheckpoint({ origin, size, root: rootOfLeafHashes(leaves.slice(0, size)) }), by);

const extraOf = (value: Json): Uint8Array => utf8(canonicalize(value));
const pathOf = (index: number, size = SIZE) => inclusionPathOfLeafHashes(index, leaves.slice(0, size));

let single: TlogProof;
let block: TlogProof;
beforeAll(async () => {
  const head = await checkpoint(SIZE);
  single = {
    index: INDEX,
    path: pathOf(INDEX),
    checkpoint: head,
    extra: extraOf({ record: records[INDEX] as Json }),
  };
  const path = inclusionPathOfLeafHashes(2, blockHashes).map(toBase64);
  const extra = extraOf({ block: { index: 2, leaf: descriptor, path }, record: inBlock[2] as Json });
  block = { index: 7, path: pathOf(7), checkpoint: head, extra };
});

const verdict = (proof: TlogProof | string, vkeys = [VKEY]) =>
  verifyRecordProof({ proofText: typeof proof === 'string' ? proof : formatTlogProof(proof), vkeys }).state;
const zero = new Uint8Array(32);
const swap = <T>([a, b, ...rest]: readonly T[]): T[] => [b as T, a as T, ...rest];

describe('a proof', () => {
  it('holds as it was made', () => {
    expect([verdict(single), verdict(block)]).toEqual(['verified', 'verified']);
    expect(verdict(single, [])).toBe('unknown');
  });

  it.each<[what: string, forge: (proof: TlogProof) => TlogProof | Promise<TlogProof>]>([
    ['of another index', (p) => ({ ...p, index: p.index + 1 })],
    ['of an index beyond the tree', (p) => ({ ...p, index: p.index + 16 })],
    ['with a hash more', (p) => ({ ...p, path: [...p.path, zero] })],
    ['with a hash before the others', (p) => ({ ...p, path: [zero, ...p.path] })],
    ['with a hash less', (p) => ({ ...p, path: p.path.slice(1) })],
    ['without the last hash', (p) => ({ ...p, path: p.path.slice(0, -1) })],
    ['with two hashes swapped', (p) => ({ ...p, path: swap(p.path) })],
    ['with a hash twice', (p) => ({ ...p, path: [...p.path.slice(0, 1), ...p.path] })],
    ['without hashes', (p) => ({ ...p, path: [] })],
    ['with the path of its neighbour', (p) => ({ ...p, path: pathOf(p.index - 1) })],
    ['for an older size than the checkpoint', (p) => ({ ...p, path: pathOf(p.index, 9) })],
    ['under an older checkpoint', async (p) => ({ ...p, checkpoint: await checkpoint(9) })],
    [
      'under a checkpoint that does not have it yet',
      async (p) => ({ ...p, checkpoint: await checkpoint(4) }),
    ],
    ['of another entry', (p) => ({ ...p, index: 3, path: pathOf(3) })],
    ['with the record of another entry', (p) => ({ ...p, extra: extraOf({ record: records[3] as Json }) })],
    ['without a record', ({ extra: _, ...p }) => p],
    [
      'with another size in the text',
      (p) => ({ ...p, checkpoint: p.checkpoint.replace('\n13\n', '\n14\n') }),
    ],
    [
      'under a checkpoint of its origin by another key',
      async (p) => ({ ...p, checkpoint: await checkpoint(SIZE, { ...other, name: ORIGIN }) }),
    ],
    [
      'under a checkpoint by a key of another name',
      async (p) => ({ ...p, checkpoint: await checkpoint(SIZE, { ...log, name: 'example.com/t1/logs' }) }),
    ],
  ])('%s: does not hold', async (_, forge) => {
    for (const proof of [single, block]) expect(verdict(await forge(proof))).toBe('tampered');
  });

  it('of another log is unknown under this key, and is none of this log under both', async () => {
    const theirs = await checkpoint(SIZE, other, other.name);
    const keys = [VKEY, formatVkey(other.name, other.pub)];
    expect(verdict({ ...single, checkpoint: theirs })).toBe('unknown');
    const { origin } = verifyRecordProof({
      proofText: formatTlogProof({ ...single, checkpoint: theirs }),
      vkeys: keys,
    });
    expect(origin).toBe(other.name);
    const renamed = { ...single, checkpoint: single.checkpoint.replace(`${ORIGIN}\n`, `${other.name}\n`) };
    expect([verdict(renamed), verdict(renamed, keys)]).toEqual(['unknown', 'tampered']);
    // Signed by the one, said to be of the other.
    expect(verdict({ ...single, checkpoint: await checkpoint(SIZE, other, ORIGIN) }, keys)).toBe('tampered');
  });

  it('is not held by a key whose id collides with the one that is known', async () => {
    const id = noteKeyId(ORIGIN, ALG_ED25519, log.pub);
    const forged = parseNote(
      await signEd25519Note(parseNote(single.checkpoint).text, { ...other, name: ORIGIN }),
    );
    const note = formatNote({ ...forged, signatures: forged.signatures.map((s) => ({ ...s, id })) });
    expect(verdict({ ...single, checkpoint: note })).toBe('tampered');
  });

  it.each<[what: string, forge: (extra: string) => string]>([
    ['another place in the block', (e) => e.replace('"index":2', '"index":3')],
    ['a place beyond it', (e) => e.replace('"index":2', '"index":6')],
    ['a place that is no number', (e) => e.replace('"index":2', '"index":"2"')],
    ['another count in its descriptor', (e) => e.replace('"count":6', '"count":7')],
    [
      'a descriptor of its own',
      (e) =>
        e
          .replace(/"root":"[0-9a-f]+"/, `"root":"${toHex(blockHashes[2] as Uint8Array)}"`)
          .replace('"count":6', '"count":1')
          .replace('"index":2', '"index":0')
          .replace(/"path":\[[^\]]*\]/, '"path":[]'),
    ],
    ['the record of another place', (e) => e.replace('line 2', 'line 3')],
    ['no path in the block', (e) => e.replace(/"path":\[[^\]]*\]/, '"path":[]')],
    ['the leaf itself as record', () => canonicalize({ record: { ...descriptor, more: 1 } })],
    ['a member that nothing covers', (e) => e.replace('{"block"', '{"about":"x","block"')],
    [
      'a hash that is not its own',
      (e) => e.replace('"message":"line 2"', '"integrity":{"hash":"00"},"message":"line 2"'),
    ],
    ['a correction that was never sealed', (e) => e.replace('"record":{', '"record":{"corrected_by":"x",')],
    ['white space', (e) => e.replace('"record":', '"record": ')],
  ])('of a record in a block, with %s: does not hold', (_, forge) => {
    const text = new TextDecoder().decode(block.extra);
    expect(forge(text)).not.toBe(text);
    expect(verdict({ ...block, extra: utf8(forge(text)) })).toBe('tampered');
  });

  it('is refused or says the same, whatever is changed in its text', () => {
    const edits = fc.array(
      fc.record({
        at: fc.nat(),
        remove: fc.nat(3),
        put: fc.oneof(
          fc.string({ maxLength: 3 }),
          fc.constantFrom('\n', '\r\n', '\n\n', ' ', '=', 'A', '0', '\u2014', 'extra ', 'index 0\n'),
        ),
      }),
      { minLength: 1, maxLength: 2 },
    );
    fc.assert(
      fc.property(fc.boolean(), edits, (ofBlock, changes) => {
        const genuine = ofBlock ? block : single;
        const text = formatTlogProof(genuine);
        const forged = changes.reduce(
          (t, { at, remove, put }) => t.slice(0, at % t.length) + put + t.slice((at % t.length) + remove),
          text,
        );
        if (verdict(forged) !== 'verified') return;
        const said = (t: string): string => {
          const proof = parseTlogProof(t);
          return formatTlogProof({ ...proof, checkpoint: parseNote(proof.checkpoint).text });
        };
        expect(said(forged)).toBe(said(text));
      }),
      { numRuns: 1_500, seed: 20261121 },
    );
  });
});

describe('a proof of several leaves', () => {
  const root = rootOfLeafHashes(leaves);
  const holds = (set: { index: number; hash: Uint8Array }[], path: Uint8Array, size = SIZE): boolean => {
    const got = rootFromSet(set, size, path);
    return got !== null && toHex(got) === toHex(root);
  };
  const at = (indexes: readonly number[]) =>
    indexes.map((index) => ({ index, hash: leaves[index] as Uint8Array }));

  it('holds for these leaves at these places, and for no others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .uniqueArray(fc.nat(SIZE - 1), { minLength: 1, maxLength: SIZE - 2 })
          .map((list) => list.sort((a, b) => a - b)),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (indexes, where, mask) => {
          const path = await setPathOfLeafHashes(indexes, leaves);
          const set = at(indexes);
          const one = where % set.length;
          expect(holds(set, path)).toBe(true);
          expect(holds(set, concat(path, zero))).toBe(false);
          expect(holds(set, path.subarray(0, -1))).toBe(false);
          expect(holds(set, path, SIZE + 16)).toBe(false);
          expect(
            holds(
              set.filter((_, i) => i !== one),
              path,
            ),
          ).toBe(false);
          expect(
            holds(
              set.map((leaf, i) => (i === one ? { ...leaf, hash: zero } : leaf)),
              path,
            ),
          ).toBe(false);
          expect(
            holds(
              set.map((leaf, i) => (i === one ? { ...leaf, index: leaf.index + 0.5 } : leaf)),
              path,
            ),
          ).toBe(false);
          expect(holds([...set, ...set.slice(-1)], path)).toBe(false);
          if (set.length > 1)
            expect(
              holds(
                set.map((leaf, i) => ({ ...leaf, hash: set[(i + 1) % set.length]?.hash ?? zero })),
                path,
              ),
            ).toBe(false);
          if (path.length === 0) return;
          const flip = path.slice();
          flip[where % path.length] = (path[where % path.length] as number) ^ mask;
          expect(holds(set, flip)).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });
});
