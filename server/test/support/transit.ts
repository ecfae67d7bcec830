import {
  createCipheriv,
  createDecipheriv,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Key =
  | { type: 'ed25519'; versions: { priv: KeyObject; pub: string }[] }
  | { type: 'aes256-gcm96'; key: Buffer };

/**
 * The part of the transit engine's HTTP API that the product uses, in the shapes its documentation gives
 * (developer.hashicorp.com/vault/api-docs/secret/transit): the service itself cannot be had from a registry here.
 */
export class TransitService {
  readonly token = 'test-transit-token';
  /** Calls by method and path. */
  readonly calls: string[] = [];
  sealed = false;
  readonly #keys = new Map<string, Key>();
  #server: Server | null = null;

  async listen(): Promise<string> {
    const server = createServer((request, response) => {
      void this.#answer(request).then(([status, body]) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  /** What an operator does with the service's own tools. */
  rotate(name: string): void {
    const key = this.#keys.get(name);
    if (key?.type === 'ed25519') key.versions.push(newVersion());
  }

  get keyNames(): string[] {
    return [...this.#keys.keys()].sort();
  }

  async #answer(request: IncomingMessage): Promise<[number, object]> {
    let text = '';
    for await (const chunk of request) text += chunk;
    this.calls.push(`${request.method} ${request.url}`);
    if (this.sealed) return [503, { errors: ['Vault is sealed'] }];
    if (request.headers['x-vault-token'] !== this.token) return [403, { errors: ['permission denied'] }];
    const [, verb = '', name = '', rotate = ''] =
      /^\/v1\/transit\/(\w+)\/([\w-]+)(\/rotate)?$/.exec(request.url ?? '') ?? [];
    if (rotate !== '') {
      this.rotate(name);
      return [200, { data: this.#shown(name) }];
    }
    return this.#do(request.method ?? '', verb, name, text === '' ? {} : JSON.parse(text));
  }

  #do(method: string, verb: string, name: string, body: Record<string, string>): [number, object] {
    if (verb === 'keys' && method === 'POST') {
      if (!this.#keys.has(name)) this.#keys.set(name, newKey(body.type ?? ''));
      return [200, { data: this.#shown(name) }];
    }
    const key = this.#keys.get(name);
    if (key === undefined) return [400, { errors: ['encryption key not found'] }];
    if (verb === 'keys') return [200, { data: this.#shown(name) }];
    if (verb === 'sign' && key.type === 'ed25519') {
      const version = Number(body.key_version);
      const priv = key.versions[version - 1]?.priv;
      if (priv === undefined) return [400, { errors: ['no such version'] }];
      const signature = sign(null, Buffer.from(body.input ?? '', 'base64'), priv).toString('base64');
      return [200, { data: { signature: `vault:v${version}:${signature}`, key_version: version } }];
    }
    if (key.type !== 'aes256-gcm96') return [400, { errors: ['unsupported'] }];
    if (verb === 'encrypt') {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key.key, nonce);
      const sealed = [
        nonce,
        cipher.update(body.plaintext ?? '', 'base64'),
        cipher.final(),
        cipher.getAuthTag(),
      ];
      return [
        200,
        { data: { ciphertext: `vault:v1:${Buffer.concat(sealed).toString('base64')}`, key_version: 1 } },
      ];
    }
    const bytes = Buffer.from((body.ciphertext ?? '').split(':')[2] ?? '', 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key.key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(-16));
    const plain = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    return [200, { data: { plaintext: plain.toString('base64') } }];
  }

  #shown(name: string): object {
    const key = this.#keys.get(name);
    if (key?.type !== 'ed25519')
      return { name, type: key?.type, latest_version: 1, keys: { 1: 1_700_000_000 } };
    const keys = Object.fromEntries(
      key.versions.map(({ pub }, i) => [
        i + 1,
        { name: 'ed25519', public_key: pub, creation_time: '2026-01-01T00:00:00Z' },
      ]),
    );
    return { name, type: 'ed25519', latest_version: key.versions.length, keys };
  }
}

function newKey(type: string): Key {
  if (type !== 'ed25519') return { type: 'aes256-gcm96', key: randomBytes(32) };
  return { type: 'ed25519', versions: [newVersion()] };
}

function newVersion(): { priv: KeyObject; pub: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pub = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
  return { priv: privateKey, pub };
}
