import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testSigner } from '../../test/signer.js';
import { formatCheckpoint } from './checkpoint.js';
import { cosign, formatCosignerVkey, verifyCosignatures } from './cosignature.js';
import {
  formatNote,
  formatSignatureLine,
  formatVkey,
  type Note,
  parseNote,
  parseSignatureLines,
  parseVkey,
  signEd25519Note,
  verifyNote,
} from './note.js';

const log = testSigner('example.com/log', 1);
const witness = testSigner('witness.example/w1', 2);
const key = parseVkey(formatCosignerVkey(witness.name, witness.pub));
const text = formatCheckpoint({ origin: log.name, size: 7, root: new Uint8Array(32) });

async function cosigned(seconds: number): Promise<Note> {
  const note = parseNote(await signEd25519Note(text, log));
  return { ...note, signatures: [...note.signatures, await cosign(text, witness, seconds)] };
}

describe('cosignature/v1', () => {
  it('has the key id, the message and the bytes of the specification', async () => {
    const id = createHash('sha256')
      .update(`${witness.name}\n\u0004`)
      .update(witness.pub)
      .digest()
      .subarray(0, 4);
    expect(Buffer.from(key.id)).toEqual(id);
    const made = await cosign(text, witness, 1_679_315_147);
    const message = `cosignature/v1\ntime 1679315147\n${text}`;
    const expected = Buffer.concat([
      Buffer.from('00000000641850cb', 'hex'),
      Buffer.from((await witness.sign(Buffer.from(message))) as Uint8Array),
    ]);
    expect(Buffer.from(made.signature)).toEqual(expected);
  });

  it('holds for every time and text it was made for, and for no other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: Number.MAX_SAFE_INTEGER }),
        fc.nat({ max: 71 }),
        fc.integer({ min: 1, max: 255 }),
        async (seconds, at, mask) => {
          const note = await cosigned(seconds);
          expect(verifyCosignatures(parseNote(formatNote(note)), [key])).toEqual([{ key, time: seconds }]);
          const [first, mine] = note.signatures as [Note['signatures'][0], Note['signatures'][0]];
          const signature = mine.signature.slice();
          signature[at] = (signature[at] as number) ^ mask;
          const bad = { ...note, signatures: [first, { ...mine, signature }] };
          expect(() => verifyCosignatures(bad, [key])).toThrow('does not hold');
          expect(() =>
            verifyCosignatures({ ...note, text: text.replace('\n7\n', '\n8\n') }, [key]),
          ).toThrow();
        },
      ),
      { numRuns: 8 },
    );
  });

  it('is not taken for a signature, nor a signature for it', async () => {
    const note = formatNote(await cosigned(5));
    const vkey = formatCosignerVkey(witness.name, witness.pub);
    expect(() => verifyNote(note, [vkey])).toThrow('known key');
    const plain = parseNote(await signEd25519Note(text, witness));
    expect(verifyCosignatures(plain, [key])).toEqual([]);
    const disguised = { ...plain, signatures: plain.signatures.map((s) => ({ ...s, id: key.id })) };
    expect(() => verifyCosignatures(disguised, [key])).toThrow('does not hold');
  });

  it('passes over keys it was not given and algorithms it does not speak', async () => {
    const note = await cosigned(5);
    expect(verifyCosignatures(note, [])).toEqual([]);
    const later = { ...key, alg: 6, pub: new Uint8Array(1312) };
    expect(verifyCosignatures(note, [later, key])).toEqual([{ key, time: 5 }]);
  });

  it('leaves the note as it was for who knows the log only', async () => {
    const opened = verifyNote(formatNote(await cosigned(5)), [formatVkey(log.name, log.pub)]);
    expect(opened.verifiedBy).toEqual([log.name]);
  });

  it('reads its own lines, and refuses what is none', async () => {
    const made = await cosign(text, witness, 9);
    const twice = formatSignatureLine(made).repeat(2);
    expect(parseSignatureLines(twice).map(formatSignatureLine).join('')).toBe(twice);
    for (const wrong of [
      '',
      '\n',
      formatSignatureLine(made).trimEnd(),
      '— a b\n',
      `${formatSignatureLine(made)}\n`,
    ])
      expect(() => parseSignatureLines(wrong)).toThrow('signature lines');
  });
});
