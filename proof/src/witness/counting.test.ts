import { beforeAll, describe, expect, it } from 'vitest';
import { testSigner } from '../../test/signer.js';
import { concat } from '../hash/bytes.js';
import { formatCheckpoint } from '../note/checkpoint.js';
import { cosign, formatCosignerVkey } from '../note/cosignature.js';
import {
  formatNote,
  formatVkey,
  type Note,
  type NoteSignature,
  parseNote,
  signEd25519Note,
} from '../note/note.js';
import { parsePolicy } from './policy.js';
import { checkQuorum } from './quorum.js';

/** T5: who counts towards a quorum, and how often. */

const log = testSigner('example.com/t1/audit', 1);
const [w1, w2] = [testSigner('witness.example/w1', 2), testSigner('witness.example/w2', 3)] as const;
const [V1, V2] = [w1, w2].map((w) => formatCosignerVkey(w.name, w.pub));
const LOG = formatVkey(log.name, log.pub);
const BOTH = `log ${LOG}\nwitness w1 ${V1}\nwitness w2 ${V2}\ngroup both all w1 w2\nquorum both\n`;
const text = formatCheckpoint({ origin: log.name, size: 9, root: new Uint8Array(32).fill(3) });

let signed: Note;
let by1: NoteSignature;
let by2: NoteSignature;
beforeAll(async () => {
  signed = parseNote(await signEd25519Note(text, log));
  [by1, by2] = [await cosign(text, w1, 1_700_000_000), await cosign(text, w2, 1_700_000_001)];
});

const quorum = (policy: string, ...more: NoteSignature[]) =>
  checkQuorum(formatNote({ ...signed, signatures: [...signed.signatures, ...more] }), parsePolicy(policy));
const changed = (s: NoteSignature, at: number): NoteSignature => ({
  ...s,
  signature: s.signature.map((b, i) => (i === at ? b ^ 1 : b)),
});

describe('T5: a quorum', () => {
  it('is met by two witnesses, not by one, however often it signs', async () => {
    expect(quorum(BOTH, by1, by2).met).toBe(true);
    const again = await cosign(text, w1, 1_800_000_000);
    expect(quorum(BOTH, by1, by1, again)).toMatchObject({
      met: false,
      witnesses: [{ time: 1_800_000_000 }, { time: null }],
    });
  });

  it('knows a key under one name only, whichever line it stands on', () => {
    const alias = formatCosignerVkey('witness.example/alias', w1.pub);
    for (const policy of [
      `witness w1 ${V1}\nwitness w2 ${alias}\ngroup g all w1 w2\nquorum g\n`,
      `witness w1 ${V1}\nwitness w2 ${V1}\ngroup g all w1 w2\nquorum g\n`,
      `log ${LOG}\nlog ${formatVkey('example.com/alias', log.pub)}\nquorum none\n`,
      `log ${LOG}\nlog ${LOG}\nquorum none\n`,
    ])
      expect(() => parsePolicy(policy)).toThrow('same public key');
    for (const policy of [
      `witness w1 ${V1}\ngroup g 2 w1 w1\nquorum g\n`,
      `witness w1 ${V1}\ngroup a any w1\ngroup b any w1\ngroup g all a b\nquorum g\n`,
    ])
      expect(() => parsePolicy(policy)).toThrow('member of a group already');
  });

  it('does not take a cosignature under the name of somebody else', async () => {
    const name = w2.name;
    // With its own id it is by an unknown key; with the id of the other it does not hold.
    const asOther = await cosign(text, { ...w1, name }, 1_700_000_000);
    expect(quorum(BOTH, by1, asOther).met).toBe(false);
    expect(() => quorum(BOTH, by1, { ...asOther, id: by2.id })).toThrow('does not hold');
    expect(quorum(BOTH, by1, { ...by2, name: 'witness.example/w3' }).met).toBe(false);
  });

  it('does not take a cosignature on another log, tree or root', async () => {
    for (const other of [
      formatCheckpoint({ origin: 'example.com/t2/audit', size: 9, root: new Uint8Array(32).fill(3) }),
      formatCheckpoint({ origin: log.name, size: 8, root: new Uint8Array(32).fill(3) }),
      formatCheckpoint({ origin: log.name, size: 9, root: new Uint8Array(32).fill(4) }),
    ]) {
      const moved = await cosign(other, w2, 1_700_000_000);
      expect(() => quorum(BOTH, by1, moved)).toThrow('does not hold');
    }
  });

  it('condemns a line by a known key that cannot be read as a cosignature', () => {
    for (const signature of [
      by2.signature.subarray(0, 71),
      by2.signature.subarray(8),
      concat(by2.signature, Uint8Array.of(0)),
      Uint8Array.of(1),
      new Uint8Array(72),
    ])
      expect(() => quorum(BOTH, by1, { ...by2, signature })).toThrow('does not hold');
    for (const at of [0, 7, 8, 40, 71]) expect(() => quorum(BOTH, by1, changed(by2, at))).toThrow();
    // One that holds does not make good for one beside it that does not.
    expect(() => quorum(BOTH, by1, by2, changed(by2, 9))).toThrow('does not hold');
  });

  it('counts whatever time a witness states, shows it, and refuses times no clock has', async () => {
    for (const time of [0, 1, 4_000_000_000, 253_402_300_800, Number.MAX_SAFE_INTEGER])
      expect(quorum(BOTH, by1, await cosign(text, w2, time))).toMatchObject({
        met: true,
        witnesses: [{ time: 1_700_000_000 }, { time }],
      });
    const signature = by2.signature.slice();
    signature.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    expect(() => quorum(BOTH, by1, { ...by2, signature })).toThrow('does not hold');
  });

  it('wants the log of the policy by its own name and key', async () => {
    const foreign = parseNote(await signEd25519Note(text, { ...w1, name: log.name }));
    const bare = formatNote({ ...foreign, signatures: [...foreign.signatures, by1, by2] });
    expect(checkQuorum(bare, parsePolicy(BOTH))).toMatchObject({ log: false, quorum: true, met: false });
    const other = formatCheckpoint({ origin: 'example.com/t2/audit', size: 9, root: new Uint8Array(32) });
    const unrelated = parseNote(await signEd25519Note(other, log));
    const both = [await cosign(other, w1, 1), await cosign(other, w2, 1)];
    const note = formatNote({ ...unrelated, signatures: [...unrelated.signatures, ...both] });
    expect(checkQuorum(note, parsePolicy(BOTH)).met).toBe(false);
  });
});
