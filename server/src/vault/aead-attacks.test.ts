import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decrypt, encrypt } from '../base/aead.js';
import { openDatabase } from '../base/database.js';
import { realDisk } from '../base/disk.js';
import { Keyring } from '../base/keyring.js';
import { open, type SealedPlace, type SubjectKey, subjectKey } from './seal.js';
import { type VaultTables, vaultMigrations } from './tables.js';
import { Vault } from './vault.js';

/** T25: what somebody can make of AES-GCM who has keys, older backups, or only bytes. */

const SUBJECT = `sub_${'a'.repeat(26)}`;
const place: SealedPlace = { tenant: 't1', subject: SUBJECT, eventId: '0001', path: 'metadata.details.note' };
const aad = Buffer.from(`prooflog/sealed/v1\nt1\n${SUBJECT}\n0001\nmetadata.details.note`);
const nonce = Buffer.alloc(12, 5);

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const block = (n: bigint): Buffer => Buffer.from(n.toString(16).padStart(32, '0'), 'hex');

/** In the field of GHASH (NIST SP 800-38D §6.3). */
function times(x: bigint, y: bigint): bigint {
  let [z, v] = [0n, x];
  for (let i = 127n; i >= 0n; i--) {
    if ((y >> i) & 1n) z ^= v;
    v = v & 1n ? (v >> 1n) ^ (0xe1n << 120n) : v >> 1n;
  }
  return z;
}

/** x^(2^128 − 2). */
function inverse(x: bigint): bigint {
  let [result, square] = [1n << 127n, x];
  for (let i = 1; i < 128; i++) {
    square = times(square, square);
    result = times(result, square);
  }
  return result;
}

/** What GCM computes of one block of ciphertext under a key: GHASH, its key, and the mask of the tag. */
function gcm(key: Buffer) {
  const aes = (input: Buffer): bigint =>
    numberOf(createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(input));
  const h = aes(Buffer.alloc(16));
  const padded = Buffer.concat([aad, Buffer.alloc((16 - (aad.length % 16)) % 16)]);
  const blocks = Array.from({ length: padded.length / 16 }, (_, i) =>
    numberOf(padded.subarray(16 * i, 16 * i + 16)),
  );
  const lengths = (BigInt(aad.length * 8) << 64n) | 128n;
  const hash = (c: bigint): bigint => [...blocks, c, lengths].reduce((y, b) => times(y ^ b, h), 0n);
  return { h, hash, mask: aes(Buffer.concat([nonce, Buffer.from([0, 0, 0, 1])])) };
}

const keyOf = (byte: number): SubjectKey => subjectKey(Buffer.alloc(32, byte));

it('a ciphertext that two keys open opens under the key it was committed to only', () => {
  const [one, two] = [keyOf(1), keyOf(2)];
  const [a, b] = [gcm(one.encrypt), gcm(two.encrypt)];
  const difference = a.hash(0n) ^ b.hash(0n) ^ a.mask ^ b.mask;
  const c = times(difference, inverse(times(a.h, a.h) ^ times(b.h, b.h)));
  const both = Buffer.concat([block(c), block(a.hash(c) ^ a.mask)]);
  // GCM alone takes it under both, to two texts.
  const texts = [one, two].map((key) => decrypt(key.encrypt, nonce, aad, both)?.toString('hex'));
  expect(texts).toEqual([expect.any(String), expect.any(String)]);
  expect(texts[0]).not.toBe(texts[1]);
  const sealedFor = (key: SubjectKey): string => {
    const commitment = createHmac('sha256', key.commit).update(nonce).update(aad).digest();
    return `sealed:v1:${SUBJECT}:${Buffer.concat([commitment, nonce, both]).toString('base64url')}`;
  };
  expect(open(one, place, sealedFor(one))).not.toBeNull();
  expect(open(two, place, sealedFor(one))).toBeNull();
  expect(open(one, place, sealedFor(two))).toBeNull();
});

it('no tag is taken that is shorter than 16 bytes, and no other nonce', () => {
  const key = randomBytes(32);
  const sealed = encrypt(key, nonce, aad, Buffer.from('text'));
  expect(decrypt(key, nonce, aad, sealed)?.toString()).toBe('text');
  for (let cut = 1; cut <= sealed.length; cut++)
    expect(decrypt(key, nonce, aad, sealed.subarray(0, -cut))).toBeNull();
  for (const other of [nonce.subarray(1), Buffer.alloc(16, 5), Buffer.alloc(0)])
    expect(decrypt(key, other, aad, sealed)).toBeNull();
});

it('no nonce comes again when an older control database was restored', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'prooflog-nonces-'));
  const nonces: string[] = [];
  /** Seals the same values in the same order, as a machine would that goes on from where the backup was made. */
  async function use(name: string): Promise<void> {
    const control = await openDatabase<VaultTables>(join(dir, name), vaultMigrations);
    try {
      const vault = new Vault(control.raw, await Keyring.open(realDisk, join(dir, 'keys')));
      await vault.addTenant('t1');
      const subject = vault.pseudonym('t1', 'ada@example.org');
      for (let n = 0; n < 500; n++) {
        const sealed = vault.seal({ ...place, subject, eventId: String(n) }, 'text');
        const bytes = Buffer.from(sealed.slice(sealed.lastIndexOf(':') + 1), 'base64url');
        nonces.push(`${subject} ${bytes.subarray(32, 44).toString('hex')}`);
      }
      vault.flush();
    } finally {
      await control.close();
    }
  }
  try {
    await use('control.db');
    cpSync(join(dir, 'control.db'), join(dir, 'backup.db'));
    await use('control.db');
    await use('backup.db');
    // One subject all along: the same key was used three times.
    expect(new Set(nonces.map((n) => n.split(' ')[0])).size).toBe(1);
    expect(new Set(nonces).size).toBe(1_500);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
