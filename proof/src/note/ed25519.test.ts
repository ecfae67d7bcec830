import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 as pure } from '../hash/sha256.pure.js';
import { checkPublicKey, verifyEd25519 } from './ed25519.js';
import { sha512 } from './sha512.js';

const bytes = fc.uint8Array({ maxLength: 400 });
const digest = (name: string, data: Uint8Array): string => createHash(name).update(data).digest('hex');
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

describe('hashes', () => {
  it('agree with OpenSSL', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(hex(pure(data))).toBe(digest('sha256', data));
        expect(hex(sha512(data))).toBe(digest('sha512', data));
      }),
    );
  });
});

describe('verifyEd25519', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));

  it('accepts what OpenSSL signs and nothing that was changed', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, where, mask) => {
        const signature = new Uint8Array(sign(null, message, privateKey));
        expect(verifyEd25519(key, message, signature)).toBe(true);
        const bad = signature.slice();
        bad[where % 64] = (bad[where % 64] as number) ^ mask;
        expect(verifyEd25519(key, message, bad)).toBe(false);
        expect(verifyEd25519(key, new Uint8Array([...message, 0]), signature)).toBe(false);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses keys of small order, for which one signature fits every message', () => {
    const identity = Uint8Array.from([1, ...Array<number>(31).fill(0)]);
    const forged = Uint8Array.from([...identity, ...Array<number>(32).fill(0)]);
    expect(checkPublicKey(identity)).toBe('small_order');
    expect(verifyEd25519(identity, randomBytes(9), forged)).toBe(false);
  });

  it.each([
    ['0100000000000000000000000000000000000000000000000000000000000080', 'not_canonical'],
    ['ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'small_order'],
    ['0000000000000000000000000000000000000000000000000000000000000000', 'small_order'],
    ['26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'small_order'],
    ['c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'small_order'],
    ['edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'not_canonical'],
    ['eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'not_canonical'],
  ])('%s is %s', (text, verdict) => {
    expect(checkPublicKey(Uint8Array.from(Buffer.from(text, 'hex')))).toBe(verdict);
  });

  it('refuses S + L', () => {
    const message = Buffer.from('m');
    const signature = new Uint8Array(sign(null, message, privateKey));
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);
    const big = (s + 2n ** 252n + 27742317777372353535851937790883648493n).toString(16).padStart(64, '0');
    const malleable = Uint8Array.from([...signature.subarray(0, 32), ...Buffer.from(big, 'hex').reverse()]);
    expect(verifyEd25519(key, message, malleable)).toBe(false);
  });
});
