import {
  checkPublicKey,
  formatCheckpoint,
  formatMinimumIndex,
  formatVkey,
  manifestNoteText,
  signEd25519Note,
  verifyEd25519,
} from '@prooflog/proof';
import { Failure } from '../base/errors.js';
import type { Transit } from '../base/transit.js';
import type { Head } from './heads.js';
import type { Signer } from './signer.js';

interface Key {
  readonly name: string;
  readonly version: number;
  readonly pub: Uint8Array;
}

/** Signs checkpoints with a key that never leaves Vault or OpenBao: one Ed25519 key for each tenant. */
export class TransitSigner implements Signer {
  readonly #transit: Transit;
  readonly #keys = new Map<string, Promise<Key>>();

  constructor(transit: Transit) {
    this.#transit = transit;
  }

  #key(tenant: string): Promise<Key> {
    const known = this.#keys.get(tenant);
    if (known !== undefined) return known;
    const key = this.#fetch(`prooflog-sign-${tenant}`);
    this.#keys.set(tenant, key);
    // A failure is not remembered.
    key.catch(() => this.#keys.delete(tenant));
    return key;
  }

  /** The version found first stays the one used until the next start: a checkpoint and its vkey belong together. */
  async #fetch(name: string): Promise<Key> {
    await this.#transit.ensureKey(name, 'ed25519');
    const { version, key } = await this.#transit.publicKey(name);
    if (checkPublicKey(key) !== 'ok')
      throw new Failure('key_service_failed', 'The key service gave a weak Ed25519 key; it is not used.');
    return { name, version, pub: key };
  }

  async vkey(tenant: string, origin: string): Promise<string> {
    return formatVkey(origin, (await this.#key(tenant)).pub);
  }

  checkpoint(tenant: string, origin: string, head: Head): Promise<string> {
    return this.#sign(tenant, origin, formatCheckpoint({ origin, size: head.size, root: head.root }));
  }

  minimumIndex(tenant: string, origin: string, index: number): Promise<string> {
    return this.#sign(tenant, origin, formatMinimumIndex({ origin, index }));
  }

  manifest(tenant: string, name: string, manifest: Uint8Array): Promise<string> {
    return this.#sign(tenant, name, manifestNoteText(manifest));
  }

  async #sign(tenant: string, name: string, text: string): Promise<string> {
    const key = await this.#key(tenant);
    const { pub, version } = key;
    return signEd25519Note(text, {
      name,
      pub,
      sign: async (message: Uint8Array) => {
        const signature = await this.#transit.sign(key.name, version, message);
        // Published, a signature that does not verify would look like tampering.
        if (!verifyEd25519(pub, message, signature))
          throw new Failure('key_service_failed', 'The key service signed with another key than it named.');
        return signature;
      },
    });
  }
}
