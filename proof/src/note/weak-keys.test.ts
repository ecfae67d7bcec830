import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { smallOrderEncodings } from '../../test/small-order.js';
import { parsePolicy } from '../witness/policy.js';
import { formatCosignerVkey } from './cosignature.js';
import { checkPublicKey, verifyEd25519 } from './ed25519.js';
import { parseLogVkey } from './log-vkey.js';
import { formatVkey } from './note.js';

/** T4 without anything fetched: every encoding of every point of small order, as key and as R. */

const encodings = smallOrderEncodings();
const NAME = 'example.com/t1/audit';
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

function bytesOf(n: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((n >> BigInt(8 * i)) & 255n));
}

describe('points of small order', () => {
  it('are eight, and fourteen encodings lead to them', () => {
    // Eight canonical; y = 0 and y = 1 also as p and p + 1, and x = 0 also with its sign set.
    expect(encodings.filter((e) => e.canonical)).toHaveLength(8);
    expect(new Set(encodings.map((e) => hex(e.bytes))).size).toBe(14);
  });

  it.each(encodings.map((e) => [hex(e.bytes), e] as const))(
    '%s is no key anywhere',
    (_, { bytes, canonical }) => {
      expect(checkPublicKey(bytes)).toBe(canonical ? 'small_order' : 'not_canonical');
      expect(() => parseLogVkey(formatVkey(NAME, bytes))).toThrow('not a sound');
      expect(() => parsePolicy(`log ${formatVkey(NAME, bytes)}\nquorum none\n`)).toThrow('not sound');
      expect(() => parsePolicy(`witness w ${formatCosignerVkey('w', bytes)}\nquorum w\n`)).toThrow(
        'not sound',
      );
    },
  );

  it('hold no signature: with any of them as R, and S = 0, for many messages', () => {
    let openssl = 0;
    for (const key of encodings)
      for (const r of encodings)
        for (let n = 0; n < 4; n++) {
          const message = Buffer.from(`message ${n}`);
          const signature = Uint8Array.from([...r.bytes, ...new Uint8Array(32)]);
          expect(verifyEd25519(key.bytes, message, signature)).toBe(false);
          const x = Buffer.from(key.bytes).toString('base64url');
          const other = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
          if (verify(null, message, other, signature)) openssl += 1;
        }
    // The platform's own check takes some of them: the table does reach what must be refused.
    expect(openssl).toBeGreaterThan(0);
  });

  it('do not make a sound signature hold in another form', () => {
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 9)]);
    const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const key = new Uint8Array(createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32));
    const message = Buffer.from('message');
    const signature = new Uint8Array(sign(null, message, secret));
    expect(verifyEd25519(key, message, signature)).toBe(true);
    for (const { bytes } of encodings) {
      const r = Uint8Array.from([...bytes, ...signature.subarray(32)]);
      expect(verifyEd25519(key, message, r)).toBe(false);
    }
    let s = 0n;
    for (const byte of signature.subarray(32).reverse()) s = (s << 8n) | BigInt(byte);
    const fresh = new Uint8Array(sign(null, message, secret));
    for (const more of [L, 2n * L, 8n * L]) {
      const malleable = Uint8Array.from([...fresh.subarray(0, 32), ...bytesOf(s + more)]);
      expect(verifyEd25519(key, message, malleable)).toBe(false);
    }
  });
});
