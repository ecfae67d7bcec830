import type { Kysely } from 'kysely';
import { Failure } from '../base/errors.js';
import type { KeyringKeys, KeyStore, StoredKey } from './key-stores.js';
import type { KeyInForce } from './signer.js';
import type { LedgerTables, SigningKeyRow } from './tables.js';

/** docs/formats/ledger.md, "Change of keys". */
export type KeyState = SigningKeyRow['state'];

/** Whether a key in this state signs. */
export const signs = (state: KeyState): boolean => state !== 'withdrawn' && state !== 'retired';

export interface KeyStores {
  readonly keyring: KeyringKeys;
  /** Where new keys are made when there is one. */
  readonly transit?: KeyStore;
}

/** A row of the table as it goes on. */
export type KeyChange = Partial<Omit<SigningKeyRow, 'tenant' | 'serial'>>;

/**
 * Which keys of each tenant sign, pinned in the control database: what a key service holds besides is not used.
 * All rows are in memory, since every checkpoint asks.
 */
export class SigningKeys {
  readonly #db: Kysely<LedgerTables>;
  readonly #stores: KeyStores;
  readonly #rows = new Map<string, SigningKeyRow[]>();
  readonly #beginning = new Map<string, Promise<void>>();

  private constructor(db: Kysely<LedgerTables>, stores: KeyStores) {
    this.#db = db;
    this.#stores = stores;
  }

  static async load(db: Kysely<LedgerTables>, stores: KeyStores): Promise<SigningKeys> {
    const keys = new SigningKeys(db, stores);
    const rows = await db.selectFrom('signing_keys').selectAll().orderBy('serial').execute();
    // The driver gives blobs as plain memory.
    for (const row of rows) keys.#of(row.tenant).push({ ...row, pub: Buffer.from(row.pub) });
    return keys;
  }

  /** All keys the tenant ever had, the oldest first; none before its first signature. */
  of(tenant: string): readonly SigningKeyRow[] {
    return this.#of(tenant);
  }

  tenants(): string[] {
    return [...this.#rows.keys()];
  }

  /** For {@link Signer}. The first key of a tenant is made here. */
  async inForce(tenant: string): Promise<KeyInForce[]> {
    if (this.#of(tenant).length === 0) await this.#begin(tenant);
    return this.#of(tenant)
      .filter(({ state }) => signs(state))
      .map((row) => ({
        pub: new Uint8Array(row.pub),
        sign: (message) => this.#store(row.store).sign(tenant, stored(row), message),
      }));
  }

  /**
   * Makes another key; it signs from now on.
   * @param change run around the moment at which it begins to sign
   */
  async add(
    tenant: string,
    order: Pick<SigningKeyRow, 'record_id' | 'credential' | 'role'>,
    change: (begin: () => Promise<void>) => Promise<void>,
  ): Promise<void> {
    await this.inForce(tenant);
    const rows = this.#of(tenant);
    const store = this.#stores.transit === undefined ? 'keyring' : 'transit';
    const newest = rows.findLast((row) => row.store === store);
    const serial = (rows.at(-1)?.serial ?? 0) + 1;
    const made = await this.#store(store).make(tenant, serial, newest && stored(newest));
    await change(() =>
      this.#insert({ ...fresh(tenant, serial, store, made), ...order, state: 'introduced' }),
    );
  }

  /** Writes the change down; it counts from the moment it is on disk. */
  async set({ tenant, serial }: SigningKeyRow, change: KeyChange): Promise<void> {
    await this.#db
      .updateTable('signing_keys')
      .set(change)
      .where('tenant', '=', tenant)
      .where('serial', '=', serial)
      .execute();
    const rows = this.#of(tenant);
    this.#rows.set(
      tenant,
      rows.map((row) => (row.serial === serial ? { ...row, ...change } : row)),
    );
  }

  #of(tenant: string): SigningKeyRow[] {
    const rows = this.#rows.get(tenant) ?? [];
    this.#rows.set(tenant, rows);
    return rows;
  }

  #store(name: SigningKeyRow['store']): KeyStore {
    const store = this.#stores[name];
    if (store === undefined)
      throw new Failure(
        'key_service_failed',
        'A key lies in a key service that is not set: see transit_url.',
      );
    return store;
  }

  /** Once, however many ask at the same time. */
  #begin(tenant: string): Promise<void> {
    const begun =
      this.#beginning.get(tenant) ?? this.#first(tenant).finally(() => this.#beginning.delete(tenant));
    this.#beginning.set(tenant, begun);
    return begun;
  }

  /** Tenants that began with a key of the keyring keep it; who holds their vkey would take another for tampering. */
  async #first(tenant: string): Promise<void> {
    const { keyring, transit } = this.#stores;
    const store = transit === undefined || keyring.has(tenant) ? 'keyring' : 'transit';
    await this.#insert(fresh(tenant, 1, store, await this.#store(store).make(tenant, 1, undefined)));
  }

  async #insert(row: SigningKeyRow): Promise<void> {
    await this.#db.insertInto('signing_keys').values(row).execute();
    this.#of(row.tenant).push(row);
  }
}

const stored = ({ ref, pub }: SigningKeyRow): StoredKey => ({ ref, pub: new Uint8Array(pub) });

const fresh = (
  tenant: string,
  serial: number,
  store: SigningKeyRow['store'],
  { ref, pub }: StoredKey,
): SigningKeyRow => ({
  ...{ tenant, serial, store, ref, pub: Buffer.from(pub), state: 'signing' },
  ...{ record_id: null, proof: null, credential: '', role: '' },
});
