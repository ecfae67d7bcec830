import {
  formatCheckpoint,
  formatMinimumIndex,
  formatVkey,
  manifestNoteText,
  signEd25519Note,
} from '@prooflog/proof';
import type { Head } from './heads.js';

/** A key that signs, wherever its private part lies. */
export interface KeyInForce {
  /** 32 bytes, Ed25519. */
  readonly pub: Uint8Array;
  /** 64 bytes over the message (RFC 8032). */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** The keys of a tenant in force, the oldest first: one, or two while one takes the other's place. */
export type KeysInForce = (tenant: string) => Promise<readonly KeyInForce[]>;

/** Signs in the names of a tenant's logs, with every key in force. */
export class Signer {
  readonly #keys: KeysInForce;

  constructor(keys: KeysInForce) {
    this.#keys = keys;
  }

  /** The signed-note verifier keys of a log, for whoever checks it; the oldest first. */
  async vkeys(tenant: string, origin: string): Promise<string[]> {
    return (await this.#keys(tenant)).map(({ pub }) => formatVkey(origin, pub));
  }

  /** The checkpoint of a head as a signed note (c2sp.org/tlog-checkpoint). */
  checkpoint(tenant: string, origin: string, { size, root }: Head): Promise<string> {
    return this.#sign(tenant, origin, formatCheckpoint({ origin, size, root }));
  }

  /** The note up to which entry the bytes of a log may be gone (docs/formats/ledger.md, "Expiry"). */
  minimumIndex(tenant: string, origin: string, index: number): Promise<string> {
    return this.#sign(tenant, origin, formatMinimumIndex({ origin, index }));
  }

  /** The note over the manifest of an export (docs/formats/export.md), under the tenant's own name. */
  manifest(tenant: string, name: string, manifest: Uint8Array): Promise<string> {
    return this.#sign(tenant, name, manifestNoteText(manifest));
  }

  async #sign(tenant: string, name: string, text: string): Promise<string> {
    const keys = await this.#keys(tenant);
    return signEd25519Note(text, ...keys.map(({ pub, sign }) => ({ name, pub, sign })));
  }
}
