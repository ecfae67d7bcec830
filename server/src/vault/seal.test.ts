import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { open, type SealedPlace, seal, subjectKey, subjectOf } from './seal.js';

const SUBJECT = `sub_${'a'.repeat(26)}`;
const place: SealedPlace = { tenant: 't1', subject: SUBJECT, eventId: '0001', path: 'metadata.details.note' };
const dek = Buffer.alloc(32, 7);
const key = subjectKey(dek);

/** Takes a sealed value apart, changes its bytes, and puts it together again. */
function changed(sealed: string, change: (bytes: Buffer) => Buffer): string {
  const at = sealed.lastIndexOf(':') + 1;
  return sealed.slice(0, at) + change(Buffer.from(sealed.slice(at), 'base64url')).toString('base64url');
}

describe('sealed values', () => {
  it('open to what was sealed, with the key and in the place they were sealed for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (raw) => {
        const text = raw.toWellFormed();
        const sealed = seal(key, place, text);
        expect(subjectOf(sealed)).toBe(SUBJECT);
        expect(open(key, place, sealed)).toBe(text);
        expect(open(subjectKey(randomBytes(32)), place, sealed)).toBeNull();
      }),
    );
  });

  it.each<keyof SealedPlace>(['tenant', 'subject', 'eventId', 'path'])(
    'do not open when moved to another %s',
    (name) => {
      const sealed = seal(key, place, 'text');
      const other = { ...place, [name]: name === 'subject' ? `sub_${'b'.repeat(26)}` : 'other' };
      expect(open(key, other, sealed)).toBeNull();
      expect(open(key, other, sealed.replace(SUBJECT, other.subject))).toBeNull();
    },
  );

  it('do not open with any bit flipped, and not shorter or longer', () => {
    const sealed = seal(key, place, 'some text');
    const length = Buffer.from(sealed.slice(sealed.lastIndexOf(':') + 1), 'base64url').length;
    for (let bit = 0; bit < length * 8; bit++)
      expect(
        open(
          key,
          place,
          changed(sealed, (b) => {
            b[bit >> 3] = (b[bit >> 3] as number) ^ (1 << (bit & 7));
            return b;
          }),
        ),
      ).toBeNull();
    for (let cut = 1; cut < length; cut++)
      expect(
        open(
          key,
          place,
          changed(sealed, (b) => b.subarray(0, -cut)),
        ),
      ).toBeNull();
    expect(
      open(
        key,
        place,
        changed(sealed, (b) => Buffer.concat([b, Buffer.alloc(1)])),
      ),
    ).toBeNull();
  });

  it('commit to their key: a ciphertext under a second key does not pass as this one', () => {
    // The operator's own key, with a tag that is right for it, under a commitment made with the first key.
    const other = subjectKey(Buffer.alloc(32, 9));
    const nonce = randomBytes(12);
    const aad = Buffer.from(`prooflog/sealed/v1\nt1\n${SUBJECT}\n0001\nmetadata.details.note`);
    const cipher = createCipheriv('aes-256-gcm', other.encrypt, nonce, { authTagLength: 16 }).setAAD(aad);
    const body = Buffer.concat([cipher.update('another text'), cipher.final()]);
    const commitment = createHmac('sha256', key.commit).update(nonce).update(aad).digest();
    const forged = `sealed:v1:${SUBJECT}:${Buffer.concat([commitment, nonce, body, cipher.getAuthTag()]).toString('base64url')}`;
    expect(open(other, place, forged)).toBeNull();
    expect(open(key, place, forged)).toBeNull();
  });

  it('never repeat a nonce, and so never a text', () => {
    const sealed = Array.from({ length: 1_000 }, () => seal(key, place, 'the same'));
    expect(new Set(sealed).size).toBe(1_000);
  });
});
