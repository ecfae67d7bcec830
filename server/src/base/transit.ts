import { Failure } from './errors.js';

export interface TransitOptions {
  /** Address of Vault or OpenBao, such as `https://vault.example:8200`. */
  readonly url: string;
  /** Where the transit engine is mounted. */
  readonly mount: string;
  /** A token whose policy allows the keys used here and nothing else. */
  readonly token: string;
}

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 1 << 20;

type Json = { readonly [key: string]: unknown };
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const failed = (what: string): Failure =>
  new Failure(
    'key_service_failed',
    `The key service ${what}. Nothing was signed or opened; it is tried again.`,
  );

/**
 * The transit engine of HashiCorp Vault and OpenBao over HTTP: keys that sign and encrypt without ever leaving it
 * (developer.hashicorp.com/vault/api-docs/secret/transit, openbao.org/api-docs/secret/transit).
 * All calls throw Failure `key_service_failed`, never with what the service answered.
 */
export class Transit {
  readonly #o: TransitOptions;

  constructor(options: TransitOptions) {
    this.#o = options;
  }

  /** Makes the key if there is none; one that exists stays as it is. */
  async ensureKey(name: string, type: 'ed25519' | 'aes256-gcm96'): Promise<void> {
    await this.#call('POST', `keys/${name}`, { type });
  }

  /** Adds a version to the key; those before stay usable. */
  async rotate(name: string): Promise<void> {
    await this.#call('POST', `keys/${name}/rotate`, {});
  }

  /** The 32 bytes of the latest public key of an Ed25519 key, with its version. */
  async publicKey(name: string): Promise<{ version: number; key: Uint8Array }> {
    const { keys, latest_version } = await this.#call('GET', `keys/${name}`);
    const version = Number(latest_version);
    const latest = isObject(keys) ? keys[String(version)] : undefined;
    const text = isObject(latest) ? latest.public_key : undefined;
    const key = typeof text === 'string' ? Buffer.from(text, 'base64') : Buffer.alloc(0);
    if (key.length !== 32) throw failed('gave no Ed25519 public key');
    return { version, key: new Uint8Array(key) };
  }

  /** Signs with the named version, so that a rotation in between cannot mix keys. @returns 64 bytes. */
  async sign(name: string, version: number, message: Uint8Array): Promise<Uint8Array> {
    const input = Buffer.from(message).toString('base64');
    const { signature } = await this.#call('POST', `sign/${name}`, { input, key_version: version });
    const form = /^vault:v(\d+):([A-Za-z0-9+/]+={0,2})$/.exec(typeof signature === 'string' ? signature : '');
    const bytes = Buffer.from(form?.[2] ?? '', 'base64');
    if (Number(form?.[1]) !== version || bytes.length !== 64) throw failed('gave no Ed25519 signature');
    return new Uint8Array(bytes);
  }

  /** @returns a text that only {@link decrypt} of the same key opens. */
  async encrypt(name: string, plain: Uint8Array): Promise<string> {
    const body = { plaintext: Buffer.from(plain).toString('base64') };
    const { ciphertext } = await this.#call('POST', `encrypt/${name}`, body);
    if (typeof ciphertext !== 'string' || !ciphertext.startsWith('vault:'))
      throw failed('gave no ciphertext');
    return ciphertext;
  }

  async decrypt(name: string, ciphertext: string): Promise<Buffer> {
    const { plaintext } = await this.#call('POST', `decrypt/${name}`, { ciphertext });
    if (typeof plaintext !== 'string') throw failed('gave no plaintext');
    return Buffer.from(plaintext, 'base64');
  }

  /** @returns the member `data` of the answer, or nothing where there is none. */
  async #call(method: 'GET' | 'POST', path: string, body?: Json): Promise<Json> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.#o.url.replace(/\/$/, '')}/v1/${this.#o.mount}/${path}`, {
        method,
        headers: {
          'x-vault-token': this.#o.token,
          'content-type': 'application/json',
          'x-vault-request': 'true',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await limited(response);
    } catch (cause) {
      throw new Failure('key_service_failed', 'The key service does not answer; it is tried again.', {
        cause,
      });
    }
    if (!response.ok) throw failed(`answered ${response.status}`);
    const answer: unknown = text === '' ? {} : parsed(text);
    return isObject(answer) && isObject(answer.data) ? answer.data : {};
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw failed('did not answer in JSON');
  }
}

async function limited(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new Error('too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
