import { createHmac, randomBytes } from 'node:crypto';
import type { RawDatabase } from '../base/database.js';
import { storageFailure } from '../base/errors.js';
import type { Keyring } from '../base/keyring.js';
import { open, type SealedPlace, seal } from './seal.js';
import { SubjectKeys } from './subject-keys.js';

/** libsql's own types know statements with one parameter only. */
interface Select {
  get(tenant: string, lookup: Buffer): { pseudonym: string } | undefined;
}
interface Insert {
  run(tenant: string, lookup: Buffer, pseudonym: string): unknown;
}
interface Delete {
  run(tenant: string, pseudonym: string): unknown;
}
interface Keeps {
  get(tenant: string, subject: string, again: string, pseudonym: string): unknown;
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

/** What there is to look for once a subject was erased. */
export interface SubjectTraces {
  readonly pseudonym: string;
  readonly lookup: Buffer;
  readonly dek: Buffer | null;
  readonly wrapped: Buffer | null;
}

/**
 * Turns the ids of people into pseudonyms, one per tenant and subject, and seals values for them.
 *
 * {@link pseudonym} and {@link seal} answer at once; what was made for the first time is on disk only after
 * {@link flush}, which the pipeline awaits before anything that names it reaches the journal.
 */
export class Vault {
  readonly #raw: RawDatabase;
  readonly #keyring: Keyring;
  readonly #select: Select;
  readonly #insert: Insert;
  readonly #delete: Delete;
  readonly #keeps: Keeps;
  readonly #keys: SubjectKeys;
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
    this.#delete = raw.prepare(
      'delete from pseudonyms where tenant = ? and pseudonym = ?',
    ) as unknown as Delete;
    this.#keeps = raw.prepare(
      `select 1 from subject_keys where tenant = ? and subject = ?
       union all select 1 from pseudonyms where tenant = ? and pseudonym = ? limit 1`,
    ) as unknown as Keeps;
    this.#keys = new SubjectKeys(raw, keyring);
  }

  /** Makes the tenant's keys, where there are none yet. */
  async addTenant(tenant: string): Promise<void> {
    await this.#keyring.getOrCreate(`lookup/${tenant}`);
    await this.#keyring.getOrCreate(`subjects/${tenant}`);
    await this.#keyring.getOrCreate(`digest/${tenant}`);
  }

  /** A keyed digest of a text: 128 bits of HMAC-SHA-256 in hex. Equal texts of a tenant have equal ones. */
  digest(tenant: string, text: string): string {
    return this.#hmac(`digest/${tenant}`, text).toString('hex', 0, 16);
  }

  #hmac(name: string, text: string): Buffer {
    const key = this.#keyring.get(name);
    if (key === undefined) throw new Error(`the keyring has no ${name.split('/')[0]} key of this tenant`);
    return createHmac('sha256', key).update(text).digest();
  }

  #lookup(tenant: string, subject: string): Buffer {
    return this.#hmac(`lookup/${tenant}`, subject);
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

  /** Seals a text for a subject, under its own key. */
  seal(place: SealedPlace, text: string): string {
    return seal(this.#keys.get(place.tenant, place.subject), place, text);
  }

  /** What was sealed, or null when the key is gone or the value is not what was sealed for this place. */
  open(place: SealedPlace, sealed: string): string | null {
    const key = this.#keys.find(place.tenant, place.subject);
    return key === null ? null : open(key, place, sealed);
  }

  /** Whether a key or a row of the map is stored for a pseudonym. */
  keeps(tenant: string, pseudonym: string): boolean {
    return this.#keeps.get(tenant, pseudonym, tenant, pseudonym) !== undefined;
  }

  /** What is kept under a subject's own id, or null. */
  traces(tenant: string, subject: string): SubjectTraces | null {
    const lookup = this.#lookup(tenant, subject);
    const pseudonym = this.#stored(tenant, lookup);
    if (pseudonym === undefined) return null;
    const keys = this.#keys.reveal(tenant, pseudonym);
    return { pseudonym, lookup, dek: keys?.dek ?? null, wrapped: keys?.wrapped ?? null };
  }

  /**
   * Destroys the subject's key and its row of the map, on disk and in memory. The same again does nothing.
   * @throws Failure `storage_full` or `storage_failed`; then nothing was destroyed on disk.
   */
  destroy(tenant: string, pseudonym: string): void {
    try {
      this.#raw.transaction(() => {
        this.#keys.destroy(tenant, pseudonym);
        this.#delete.run(tenant, pseudonym);
      })();
      // Freed pages are zeroed (secure_delete), and the log they passed through is emptied.
      this.#raw.pragma('wal_checkpoint(TRUNCATE)');
    } catch (error) {
      throw storageFailure(error);
    }
    for (const map of [this.#cache, this.#older])
      for (const [key, known] of map)
        if (known === pseudonym && key.startsWith(`${tenant}/`)) map.delete(key);
  }

  /**
   * Puts new pseudonyms and keys on disk, in one transaction.
   * @throws Failure `storage_full` or `storage_failed`; the new ones are forgotten, a retry makes others.
   */
  flush(): void {
    if (this.#pending.length === 0 && this.#keys.pending === 0) return;
    const rows = this.#pending;
    this.#pending = [];
    try {
      this.#raw.transaction(() => {
        for (const row of rows) this.#insert.run(row.tenant, row.lookup, row.pseudonym);
        this.#keys.flush();
      })();
      this.#keys.flushed();
    } catch (error) {
      for (const row of rows) {
        this.#cache.delete(row.cacheKey);
        this.#older.delete(row.cacheKey);
      }
      this.#keys.failed();
      throw storageFailure(error);
    }
  }
}
