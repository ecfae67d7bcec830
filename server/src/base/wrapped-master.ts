import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Disk } from './disk.js';
import { replaceFile } from './durable.js';
import { Failure } from './errors.js';
import type { Transit } from './transit.js';

const KEY = 'prooflog-master';

/**
 * The keyring's master key, kept as `<dir>/master.wrapped`: a ciphertext that only the key service opens. A
 * `master.key` from before is wrapped and then removed.
 * @returns 64 hex digits. @throws Failure `key_service_failed`, `data_unusable`.
 */
export async function unwrapMaster(disk: Disk, dir: string, transit: Transit): Promise<string> {
  await disk.makeDir(dir);
  const path = join(dir, 'master.wrapped');
  const wrapped = await disk.readFile(path);
  if (wrapped !== null) {
    const key = await transit.decrypt(KEY, Buffer.from(wrapped).toString().trim());
    if (key.length !== 32)
      throw new Failure('data_unusable', `${path} does not hold a wrapped key of 32 bytes.`);
    return key.toString('hex');
  }
  const plain = join(dir, 'master.key');
  const before = await disk.readFile(plain);
  const key = before === null ? randomBytes(32) : Buffer.from(Buffer.from(before).toString().trim(), 'hex');
  if (key.length !== 32) throw new Failure('data_unusable', `${plain} does not hold 64 hex digits.`);
  await transit.ensureKey(KEY, 'aes256-gcm96');
  const text = await transit.encrypt(KEY, key);
  // Only what can be opened again may take the plain key's place.
  if (!(await transit.decrypt(KEY, text)).equals(key))
    throw new Failure('key_service_failed', 'The key service does not open what it wrapped.');
  await replaceFile(disk, path, Buffer.from(`${text}\n`));
  await disk.remove(plain);
  await disk.syncDir(dir);
  return key.toString('hex');
}
