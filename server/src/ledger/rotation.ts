import { formatVkey, parseVkey, verifyRecordProof } from '@prooflog/proof';
import { Failure } from '../base/errors.js';
import { type SigningKeys, signs } from './signing-keys.js';
import type { SigningKeyRow } from './tables.js';

/** Who asked, as it stands in the records. */
export interface Requester {
  readonly credential: string;
  readonly role: string;
}

export type RotationAction = 'signing_key_rotated' | 'signing_key_retired';

/** What a change of keys needs of the rest of the machine. */
export interface RotationSurroundings {
  newId(): string;
  /** The name that signs for the tenant, and the origin of its log of such records. */
  namesOf(tenant: string): { readonly tenant: string; readonly origin: string };
  /** Does `change`, after which other keys are in force, and has all checkpoints of the tenant signed anew. */
  resign(tenant: string, change: () => Promise<void>): Promise<void>;
  /**
   * Writes a record; with an id of its own, so that writing it again writes nothing.
   * Resolves when it is under a signed checkpoint. @throws Failure `not_sealed` when that takes too long.
   */
  record(
    tenant: string,
    by: Requester,
    record: { readonly id: string; readonly action: RotationAction; readonly key: string },
    details: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** c2sp.org/tlog-proof of a record; null while there is none. */
  proofOf(tenant: string, eventId: string): Promise<string | null>;
}

/** One signing key as it is shown. */
export interface SigningKeyInfo {
  /** Verifier key under the name of the tenant. */
  readonly vkey: string;
  readonly state: SigningKeyRow['state'];
  readonly store: SigningKeyRow['store'];
  /** Proves that this key took the place of the one before it; null for the first, and until that one is retired. */
  readonly rotation: string | null;
}

/**
 * Changes the signing keys of tenants: docs/formats/ledger.md, "Change of keys". The steps are a ladder written down
 * rung by rung; {@link resume} climbs on after a crash.
 */
export class Rotation {
  readonly #keys: SigningKeys;
  readonly #around: RotationSurroundings;
  /** One change of a tenant at a time. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(keys: SigningKeys, around: RotationSurroundings) {
    this.#keys = keys;
    this.#around = around;
  }

  list(tenant: string): SigningKeyInfo[] {
    return this.#keys.of(tenant).map((row) => ({
      vkey: this.#vkey(row),
      state: row.state,
      store: row.store,
      rotation: row.proof,
    }));
  }

  /**
   * Makes a new key, which signs beside the old one from then on.
   * @throws Failure `conflict` while two keys sign already, `not_sealed`, `key_service_failed`.
   */
  rotate(tenant: string, by: Requester): Promise<void> {
    return this.#alone(tenant, async () => {
      const begun = this.#keys.of(tenant).some(({ state }) => state === 'introduced');
      await this.#climb(tenant);
      if (begun) return;
      if (this.#inForce(tenant).length > 1)
        throw new Failure('conflict', 'Two keys sign already: retire the old one first.');
      const order = { record_id: this.#around.newId(), ...only(by) };
      await this.#keys.add(tenant, order, (begin) => this.#around.resign(tenant, begin));
      await this.#climb(tenant);
    });
  }

  /**
   * Ends the overlap: the old key signs no more.
   * @throws Failure `conflict` when there is no newer key, `not_sealed` until the record of the change is proven
   * under both keys.
   */
  retire(tenant: string, by: Requester): Promise<void> {
    return this.#alone(tenant, async () => {
      const begun = this.#keys.of(tenant).some(({ state }) => state === 'retiring' || state === 'withdrawn');
      await this.#climb(tenant);
      if (begun) return;
      const [old, next] = this.#inForce(tenant);
      if (old === undefined || next === undefined)
        throw new Failure('conflict', 'There is no newer key: rotate first.');
      await this.#keys.set(next, { proof: await this.#provenUnderBoth(old, next) });
      await this.#keys.set(old, { state: 'retiring', record_id: this.#around.newId(), ...only(by) });
      await this.#climb(tenant);
    });
  }

  /** Goes on with what a crash or a failure left half done. */
  async resume(): Promise<void> {
    await Promise.all(this.#keys.tenants().map((tenant) => this.#alone(tenant, () => this.#climb(tenant))));
  }

  #inForce(tenant: string): SigningKeyRow[] {
    return this.#keys.of(tenant).filter(({ state }) => signs(state));
  }

  /** Every key from the rung it stands on to the next landing. */
  async #climb(tenant: string): Promise<void> {
    for (const { serial } of this.#keys.of(tenant)) {
      const row = (): SigningKeyRow => this.#keys.of(tenant)[serial - 1] as SigningKeyRow;
      if (row().state === 'introduced') {
        await this.#around.resign(tenant, async () => undefined);
        await this.#record(row(), 'signing_key_rotated');
        await this.#keys.set(row(), { state: 'signing' });
      }
      if (row().state === 'retiring') {
        await this.#record(row(), 'signing_key_retired');
        await this.#around.resign(tenant, () => this.#keys.set(row(), { state: 'withdrawn' }));
      }
      if (row().state === 'withdrawn') {
        await this.#around.resign(tenant, async () => undefined);
        await this.#keys.set(row(), { state: 'retired' });
      }
    }
  }

  #record(row: SigningKeyRow, action: RotationAction): Promise<void> {
    const keys = this.#keys.of(row.tenant);
    const [from, to] =
      action === 'signing_key_rotated' ? [row.serial - 1, row.serial] : [row.serial, row.serial + 1];
    const [previous, next] = [keys[from - 1], keys[to - 1]] as [SigningKeyRow, SigningKeyRow];
    const details = { previous_vkey: this.#vkey(previous), vkey: this.#vkey(next) };
    const id = row.record_id ?? '';
    return this.#around.record(row.tenant, row, { id, action, key: keyId(this.#vkey(row)) }, details);
  }

  /** The proof of the record that introduced `next`, good for whoever holds either key. */
  async #provenUnderBoth(old: SigningKeyRow, next: SigningKeyRow): Promise<string> {
    const proofText = await this.#around.proofOf(next.tenant, next.record_id ?? '');
    const { origin } = this.#around.namesOf(next.tenant);
    const holds = (key: SigningKeyRow): boolean =>
      proofText !== null &&
      verifyRecordProof({ proofText, vkeys: [formatVkey(origin, key.pub)] }).state === 'verified';
    if (proofText === null || !holds(old) || !holds(next))
      throw new Failure(
        'not_sealed',
        'The record of the change is not under a checkpoint with both signatures yet; try again in a moment.',
      );
    return proofText;
  }

  #vkey({ tenant, pub }: SigningKeyRow): string {
    return formatVkey(this.#around.namesOf(tenant).tenant, pub);
  }

  #alone<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#queues.get(tenant) ?? Promise.resolve()).then(work, work);
    this.#queues.set(tenant, done);
    return done;
  }
}

const only = ({ credential, role }: Requester): Requester => ({ credential, role });
const keyId = (vkey: string): string => Buffer.from(parseVkey(vkey).id).toString('hex');
