import { createHmac, randomBytes } from 'node:crypto';
import type { RawDatabase } from '../base/database.js';
import { storageFailure } from '../base/errors.js';
import type { Keyring } from '../base/keyring.js';

/** libsql's own types know statements with one parameter only. */
interface Select {
  get(tenant: string, lookup: Buffer): { pseudonym: string } | undefined;
}
interface Insert {
  run(tenant: string, lookup: Buffer, pseudonym: string): unknown;
}

const CACHE = 200_000;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** `sub_` and 128 random bits. Random, not derived: once the map's row is gone nobody can compute it again. */
function newPseudonym(): string {
  let out = 'sub_';
  for (const byte of randomBytes(26)) out += ALPHABET[byte & 31];
  return out;
}

interface Pending {
  readonly tenant: string;
  readonly lookup: Buffer;
  readonly pseudonym: string;
  readonly cacheKey: string;
}

/**
 * Turns the ids of people into pseudonyms, one per tenant and subject.
 *
 * {@link pseudonym} answers at once; a pseudonym made for the first time is on disk only after {@link flush},
 * which the pipeline awaits before anything that names it reaches the journal.
 */
export class Vault {
  readonly #raw: RawDatabase;
  readonly #keyring: Keyring;
  readonly #select: Select;
  readonly #insert: Insert;
  #cache = new Map<string, string>();
  #older = new Map<string, string>();
  #pending: Pending[] = [];

  constructor(raw: RawDatabase, keyring: Keyring) {
    this.#raw = raw;
    this.#keyring = keyring;
    this.#select = raw.prepare(
      'select pseudonym from pseudonyms where tenant = ? and lookup = ?',
    ) as unknown as Select;
    this.#insert = raw.prepare(
      'insert into pseudonyms (tenant, lookup, pseudonym) values (?, ?, ?)',
    ) as unknown as Insert;
  }

  /** Makes the tenant's lookup key; once, when the tenant is made. */
  async addTenant(tenant: string): Promise<void> {
    await this.#keyring.getOrCreate(`lookup/${tenant}`);
  }

  #lookup(tenant: string, subject: string): Buffer {
    const key = this.#keyring.get(`lookup/${tenant}`);
    if (key === undefined) throw new Error('tenant without a lookup key');
    return createHmac('sha256', key).update(subject).digest();
  }

  /** The subject's pseudonym, made now if there is none yet. */
  pseudonym(tenant: string, subject: string): string {
    const cacheKey = `${tenant}/${subject}`;
    const known = this.#cache.get(cacheKey) ?? this.#older.get(cacheKey);
    if (known !== undefined) return known;
    const lookup = this.#lookup(tenant, subject);
    const stored = this.#stored(tenant, lookup);
    const pseudonym = stored ?? newPseudonym();
    if (stored === undefined) this.#pending.push({ tenant, lookup, pseudonym, cacheKey });
    if (this.#cache.size >= CACHE) {
      this.#older = this.#cache;
      this.#cache = new Map();
    }
    this.#cache.set(cacheKey, pseudonym);
    return pseudonym;
  }

  /** The subject's pseudonym if it has one; never makes one. For searches by the real id. */
  find(tenant: string, subject: string): string | undefined {
    return this.#stored(tenant, this.#lookup(tenant, subject));
  }

  #stored(tenant: string, lookup: Buffer): string | undefined {
    return this.#select.get(tenant, lookup)?.pseudonym;
  }

  /**
   * Puts new pseudonyms on disk, in one transaction.
   * @throws Failure `storage_full` or `storage_failed`; the new pseudonyms are forgotten, a retry makes others.
   */
  flush(): void {
    if (this.#pending.length === 0) return;
    const rows = this.#pending;
    this.#pending = [];
    try {
      this.#raw.transaction(() => {
        for (const row of rows) this.#insert.run(row.tenant, row.lookup, row.pseudonym);
      })();
    } catch (error) {
      for (const row of rows) {
        this.#cache.delete(row.cacheKey);
        this.#older.delete(row.cacheKey);
      }
      throw storageFailure(error);
    }
  }
}
