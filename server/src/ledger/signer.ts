import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { formatCheckpoint, formatVkey, manifestNoteText, signEd25519Note } from '@prooflog/proof';
import type { Keyring } from '../base/keyring.js';
import type { Head } from './heads.js';

/** Signs checkpoints with a tenant's key. A KMS or Vault takes the keyring's place behind this interface. */
export interface Signer {
  /** The signed-note verifier key of a log, for whoever checks it. */
  vkey(tenant: string, origin: string): Promise<string>;
  /** The checkpoint of a head as a signed note (c2sp.org/tlog-checkpoint). */
  checkpoint(tenant: string, origin: string, head: Head): Promise<string>;
  /** The note over the manifest of an export (docs/formats/export.md), under the tenant's own name. */
  manifest(tenant: string, name: string, manifest: Uint8Array): Promise<string>;
}

/** DER before the 32 bytes of an Ed25519 seed (RFC 8410 §7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export class KeyringSigner implements Signer {
  readonly #keyring: Keyring;
  readonly #keys = new Map<string, { key: KeyObject; pub: Uint8Array }>();

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  async #key(tenant: string): Promise<{ key: KeyObject; pub: Uint8Array }> {
    const known = this.#keys.get(tenant);
    if (known !== undefined) return known;
    const seed = await this.#keyring.getOrCreate(`sign/${tenant}`);
    const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
    const pair = { key, pub: new Uint8Array(spki.subarray(-32)) };
    this.#keys.set(tenant, pair);
    return pair;
  }

  async vkey(tenant: string, origin: string): Promise<string> {
    return formatVkey(origin, (await this.#key(tenant)).pub);
  }

  async checkpoint(tenant: string, origin: string, head: Head): Promise<string> {
    return this.#sign(tenant, origin, formatCheckpoint({ origin, size: head.size, root: head.root }));
  }

  manifest(tenant: string, name: string, manifest: Uint8Array): Promise<string> {
    return this.#sign(tenant, name, manifestNoteText(manifest));
  }

  async #sign(tenant: string, name: string, text: string): Promise<string> {
    const { key, pub } = await this.#key(tenant);
    return signEd25519Note(text, {
      name,
      pub,
      sign: (message: Uint8Array) => new Uint8Array(sign(null, message, key)),
    });
  }
}
