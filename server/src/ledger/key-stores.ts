import { checkPublicKey, equalBytes, verifyEd25519 } from '@prooflog/proof';
import { type SigningKey, signingKey } from '../base/ed25519.js';
import { Failure } from '../base/errors.js';
import type { Keyring } from '../base/keyring.js';
import type { Transit } from '../base/transit.js';

/** A private key where it lies. `ref` names it there. */
export interface StoredKey {
  readonly ref: string;
  /** 32 bytes, Ed25519. */
  readonly pub: Uint8Array;
}

/** Where signing keys lie. */
export interface KeyStore {
  /**
   * A key for the tenant. The same again, and not another, when a crash hid the first answer.
   * @param serial 1 for the tenant's first key
   * @param newest the newest that is known of in this store
   */
  make(tenant: string, serial: number, newest: StoredKey | undefined): Promise<StoredKey>;
  sign(tenant: string, key: StoredKey, message: Uint8Array): Promise<Uint8Array>;
}

const seedName = (tenant: string, serial: number): string =>
  serial === 1 ? `sign/${tenant}` : `sign/${tenant}/${serial}`;

/** Seeds in the installation's own keyring. */
export class KeyringKeys implements KeyStore {
  readonly #keyring: Keyring;
  readonly #open = new Map<string, SigningKey>();

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  /** Whether the tenant began with a key here. */
  has(tenant: string): boolean {
    return this.#keyring.get(seedName(tenant, 1)) !== undefined;
  }

  async make(tenant: string, serial: number): Promise<StoredKey> {
    const ref = seedName(tenant, serial);
    return { ref, pub: signingKey(await this.#keyring.getOrCreate(ref)).pub };
  }

  /** @throws Failure `data_unusable` when the keyring does not hold this very key. */
  async sign(_tenant: string, { ref, pub }: StoredKey, message: Uint8Array): Promise<Uint8Array> {
    const seed = this.#keyring.get(ref);
    const key = this.#open.get(ref) ?? (seed && signingKey(seed));
    if (key === undefined || !equalBytes(key.pub, pub))
      throw new Failure(
        'data_unusable',
        'The keyring does not hold the key that signs; restore it from a copy.',
      );
    this.#open.set(ref, key);
    return key.sign(message);
  }
}

const transitName = (tenant: string): string => `prooflog-sign-${tenant}`;

/** Versions of one key for each tenant that never leave Vault or OpenBao; `ref` is the version. */
export class TransitKeys implements KeyStore {
  readonly #transit: Transit;

  constructor(transit: Transit) {
    this.#transit = transit;
  }

  /** A version that the operator, or a run that was cut short, has already made is taken and none added. */
  async make(tenant: string, _serial: number, newest: StoredKey | undefined): Promise<StoredKey> {
    const name = transitName(tenant);
    await this.#transit.ensureKey(name, 'ed25519');
    let latest = await this.#transit.publicKey(name);
    if (latest.version === Number(newest?.ref ?? 0)) {
      await this.#transit.rotate(name);
      latest = await this.#transit.publicKey(name);
    }
    if (latest.version <= Number(newest?.ref ?? 0))
      throw new Failure('key_service_failed', 'The key service has no newer version of the key.');
    if (checkPublicKey(latest.key) !== 'ok')
      throw new Failure('key_service_failed', 'The key service gave a weak Ed25519 key; it is not used.');
    return { ref: String(latest.version), pub: latest.key };
  }

  async sign(tenant: string, { ref, pub }: StoredKey, message: Uint8Array): Promise<Uint8Array> {
    const signature = await this.#transit.sign(transitName(tenant), Number(ref), message);
    // Published, a signature that does not verify would look like tampering.
    if (!verifyEd25519(pub, message, signature))
      throw new Failure('key_service_failed', 'The key service signed with another key than it named.');
    return signature;
  }
}
