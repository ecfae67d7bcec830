import {
  formatCheckpoint,
  formatMinimumIndex,
  formatVkey,
  manifestNoteText,
  signEd25519Note,
} from '@prooflog/proof';
import { type SigningKey, signingKey } from '../base/ed25519.js';
import type { Keyring } from '../base/keyring.js';
import type { Head } from './heads.js';

/** Signs checkpoints with a tenant's key. A KMS or Vault takes the keyring's place behind this interface. */
export interface Signer {
  /** The signed-note verifier key of a log, for whoever checks it. */
  vkey(tenant: string, origin: string): Promise<string>;
  /** The checkpoint of a head as a signed note (c2sp.org/tlog-checkpoint). */
  checkpoint(tenant: string, origin: string, head: Head): Promise<string>;
  /** The note up to which entry the bytes of a log may be gone (docs/formats/ledger.md, "Expiry"). */
  minimumIndex(tenant: string, origin: string, index: number): Promise<string>;
  /** The note over the manifest of an export (docs/formats/export.md), under the tenant's own name. */
  manifest(tenant: string, name: string, manifest: Uint8Array): Promise<string>;
}

/** One signer for some tenants, another for the others: a log keeps the key it began with. */
export class EitherSigner implements Signer {
  readonly #choose: (tenant: string) => Signer;

  constructor(choose: (tenant: string) => Signer) {
    this.#choose = choose;
  }

  vkey(tenant: string, origin: string): Promise<string> {
    return this.#choose(tenant).vkey(tenant, origin);
  }

  checkpoint(tenant: string, origin: string, head: Head): Promise<string> {
    return this.#choose(tenant).checkpoint(tenant, origin, head);
  }

  minimumIndex(tenant: string, origin: string, index: number): Promise<string> {
    return this.#choose(tenant).minimumIndex(tenant, origin, index);
  }

  manifest(tenant: string, name: string, manifest: Uint8Array): Promise<string> {
    return this.#choose(tenant).manifest(tenant, name, manifest);
  }
}

/** Name of a tenant's signing seed in the keyring. */
export const signingSeed = (tenant: string): string => `sign/${tenant}`;

export class KeyringSigner implements Signer {
  readonly #keyring: Keyring;
  readonly #keys = new Map<string, SigningKey>();

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  async #key(tenant: string): Promise<SigningKey> {
    const known = this.#keys.get(tenant);
    if (known !== undefined) return known;
    const key = signingKey(await this.#keyring.getOrCreate(signingSeed(tenant)));
    this.#keys.set(tenant, key);
    return key;
  }

  async vkey(tenant: string, origin: string): Promise<string> {
    return formatVkey(origin, (await this.#key(tenant)).pub);
  }

  async checkpoint(tenant: string, origin: string, head: Head): Promise<string> {
    return this.#sign(tenant, origin, formatCheckpoint({ origin, size: head.size, root: head.root }));
  }

  minimumIndex(tenant: string, origin: string, index: number): Promise<string> {
    return this.#sign(tenant, origin, formatMinimumIndex({ origin, index }));
  }

  manifest(tenant: string, name: string, manifest: Uint8Array): Promise<string> {
    return this.#sign(tenant, name, manifestNoteText(manifest));
  }

  async #sign(tenant: string, name: string, text: string): Promise<string> {
    const { pub, sign } = await this.#key(tenant);
    return signEd25519Note(text, { name, pub, sign });
  }
}
