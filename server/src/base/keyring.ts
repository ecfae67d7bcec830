import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { decrypt, encrypt, NONCE, TAG } from './aead.js';
import type { Disk } from './disk.js';
import { replaceFile } from './durable.js';
import { Failure } from './errors.js';

/**
 * Named secrets (signing seeds, pseudonym keys), each sealed with AES-256-GCM under one master key.
 * Kept apart from the control database so that a copy of the database alone opens nothing.
 *
 * `<dir>/master.key` 32 random bytes as hex, mode 0600; `<dir>/keyring.json` the sealed secrets.
 */
export class Keyring {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #master: Buffer;
  readonly #sealed: Map<string, string>;
  readonly #open = new Map<string, Buffer>();
  #writing: Promise<void> = Promise.resolve();

  private constructor(disk: Disk, path: string, master: Buffer, sealed: Map<string, string>) {
    this.#disk = disk;
    this.#path = path;
    this.#master = master;
    this.#sealed = sealed;
  }

  /**
   * @param masterHex 64 hex digits from the settings; without it `master.key` is used, made on first start.
   * @throws Failure `data_unusable` when a sealed secret exists that this master key cannot open.
   */
  static async open(disk: Disk, dir: string, masterHex?: string): Promise<Keyring> {
    await disk.makeDir(dir);
    const path = join(dir, 'keyring.json');
    const bytes = await disk.readFile(path);
    const sealed = new Map<string, string>(
      bytes === null
        ? []
        : Object.entries(JSON.parse(Buffer.from(bytes).toString()) as Record<string, string>),
    );
    const master = masterHex ? Buffer.from(masterHex, 'hex') : await masterFile(disk, dir, sealed.size > 0);
    const ring = new Keyring(disk, path, master, sealed);
    const first = sealed.keys().next();
    if (!first.done) ring.#unseal(first.value);
    return ring;
  }

  /** The secret of this name, or undefined. */
  get(name: string): Buffer | undefined {
    return this.#open.get(name) ?? (this.#sealed.has(name) ? this.#unseal(name) : undefined);
  }

  /** The secret of this name, made (32 random bytes) and on disk before it is returned. */
  async getOrCreate(name: string): Promise<Buffer> {
    const known = this.get(name);
    if (known !== undefined) return known;
    const secret = randomBytes(32);
    this.#sealed.set(name, seal(this.#master, name, secret));
    this.#open.set(name, secret);
    await this.#save();
    return secret;
  }

  #save(): Promise<void> {
    const write = (): Promise<void> =>
      replaceFile(
        this.#disk,
        this.#path,
        Buffer.from(`${JSON.stringify(Object.fromEntries(this.#sealed), null, 1)}\n`),
      );
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }

  #unseal(name: string): Buffer {
    const text = this.#sealed.get(name) ?? '';
    const [nonce, body, tag] = text.split('.').map((part) => Buffer.from(part, 'base64url'));
    if (!nonce || !body || !tag)
      throw new Failure('data_unusable', `The keyring entry ${name} cannot be read.`);
    const secret = decrypt(this.#master, nonce, Buffer.from(name), Buffer.concat([body, tag]));
    if (secret === null)
      throw new Failure('data_unusable', 'The master key does not open the keyring of this data directory.');
    this.#open.set(name, secret);
    return secret;
  }
}

/** The name is bound in, so that entries cannot be swapped. */
function seal(master: Buffer, name: string, secret: Buffer): string {
  const nonce = randomBytes(NONCE);
  const sealed = encrypt(master, nonce, Buffer.from(name), secret);
  return [nonce, sealed.subarray(0, -TAG), sealed.subarray(-TAG)]
    .map((part) => part.toString('base64url'))
    .join('.');
}

async function masterFile(disk: Disk, dir: string, needed: boolean): Promise<Buffer> {
  const path = join(dir, 'master.key');
  const bytes = await disk.readFile(path);
  if (bytes !== null) {
    const key = Buffer.from(Buffer.from(bytes).toString().trim(), 'hex');
    if (key.length !== 32) throw new Failure('data_unusable', `${path} does not hold 64 hex digits.`);
    return key;
  }
  if (needed)
    throw new Failure('data_unusable', `${path} is missing; without it the keyring cannot be opened.`);
  const key = randomBytes(32);
  await replaceFile(disk, path, Buffer.from(`${key.toString('hex')}\n`));
  return key;
}
