import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Principal, RoleName } from './roles.js';
import type { AccessTables } from './tables.js';

export interface KeyRow {
  readonly id: string;
  readonly tenant: string | null;
  readonly role: RoleName;
  readonly label: string;
  readonly created_at: string;
  readonly last_used_at: string | null;
}

const FORM = /^plk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;
const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
const NOBODY = hashOf('');

/**
 * API keys `plk_<id>_<secret>`. Only the SHA-256 of the secret is kept: with 256 random bits there is nothing to
 * guess, so a slow hash would only slow the door down. Compared in constant time.
 */
export class Keys {
  readonly #db: Kysely<AccessTables>;
  readonly #keys = new Map<string, KeyRow & { hash: Buffer }>();
  readonly #used = new Set<string>();
  #admin: Buffer | null = null;

  private constructor(db: Kysely<AccessTables>) {
    this.#db = db;
  }

  static async load(db: Kysely<AccessTables>): Promise<Keys> {
    const keys = new Keys(db);
    for (const row of await db.selectFrom('keys').selectAll().execute())
      keys.#keys.set(row.id, { ...row, role: row.role as RoleName, hash: Buffer.from(row.hash) });
    return keys;
  }

  /** The bootstrap administrator's token, from the settings or made at start; never stored. */
  setAdminToken(token: string): void {
    this.#admin = hashOf(token);
  }

  async create(
    tenant: string | null,
    role: RoleName,
    label: string,
    now: string,
  ): Promise<KeyRow & { key: string }> {
    const id = Array.from(randomBytes(12), (b) => 'abcdefghijklmnopqrstuvwxyz234567'[b & 31]).join('');
    const secret = randomBytes(32).toString('base64url');
    const row = { id, tenant, role, label, created_at: now, last_used_at: null };
    const hash = hashOf(secret);
    await this.#db
      .insertInto('keys')
      .values({ ...row, hash })
      .execute();
    this.#keys.set(id, { ...row, hash });
    return { ...row, key: `plk_${id}_${secret}` };
  }

  list(tenant: string): KeyRow[] {
    return [...this.#keys.values()].filter((k) => k.tenant === tenant).map(({ hash: _, ...row }) => row);
  }

  get(id: string): KeyRow | undefined {
    return this.#keys.get(id);
  }

  /** Whether the key is still there (the bootstrap token always is). */
  has(credential: string): boolean {
    return credential === 'bootstrap' || this.#keys.has(credential);
  }

  async remove(id: string): Promise<boolean> {
    await this.#db.deleteFrom('keys').where('id', '=', id).execute();
    return this.#keys.delete(id);
  }

  /** Who holds this key, or null. */
  authenticate(token: string): Principal | null {
    const form = FORM.exec(token);
    if (form === null) return this.#authenticateAdmin(token);
    const key = this.#keys.get(form[1] ?? '');
    // An unknown id costs the same comparison as a known one.
    const matches = timingSafeEqual(hashOf(form[2] ?? ''), key?.hash ?? NOBODY);
    if (key === undefined || !matches) return null;
    this.#used.add(key.id);
    return { credential: key.id, role: key.role, tenant: key.tenant, session: false };
  }

  #authenticateAdmin(token: string): Principal | null {
    if (this.#admin === null || !timingSafeEqual(hashOf(token), this.#admin)) return null;
    return { credential: 'bootstrap', role: 'admin', tenant: null, session: false };
  }

  /** Writes down which keys were used; once in a while, not per request. */
  async saveUse(now: string): Promise<void> {
    const ids = [...this.#used];
    this.#used.clear();
    for (const id of ids) {
      await this.#db.updateTable('keys').set({ last_used_at: now }).where('id', '=', id).execute();
      const key = this.#keys.get(id);
      if (key !== undefined) this.#keys.set(id, { ...key, last_used_at: now });
    }
  }
}
