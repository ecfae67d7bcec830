import { randomBytes } from 'node:crypto';
import { decrypt, encrypt, NONCE } from '../base/aead.js';
import type { RawDatabase } from '../base/database.js';
import { Failure } from '../base/errors.js';
import type { Keyring } from '../base/keyring.js';
import { type SubjectKey, subjectKey, wipe } from './seal.js';

/** libsql's own types know statements with one parameter only. */
interface Select {
  get(tenant: string, subject: string): { wrapped: Buffer } | undefined;
}
interface Insert {
  run(tenant: string, subject: string, wrapped: Buffer): unknown;
}
interface Delete {
  run(tenant: string, subject: string): unknown;
}

const CACHE = 50_000;

const aadOf = (tenant: string, subject: string): Buffer =>
  Buffer.from(`prooflog/subject-key/v1\n${tenant}\n${subject}`);
const cacheKey = (tenant: string, subject: string): string => `${tenant}/${subject}`;

/**
 * One DEK per tenant and subject, wrapped by the tenant's key. A key made for the first time is on disk only after
 * {@link flush}, like a pseudonym.
 */
export class SubjectKeys {
  readonly #keyring: Keyring;
  readonly #select: Select;
  readonly #insert: Insert;
  readonly #delete: Delete;
  #cache = new Map<string, SubjectKey>();
  #older = new Map<string, SubjectKey>();
  readonly #pending = new Map<string, [tenant: string, subject: string, wrapped: Buffer]>();

  constructor(raw: RawDatabase, keyring: Keyring) {
    this.#keyring = keyring;
    this.#select = raw.prepare(
      'select wrapped from subject_keys where tenant = ? and subject = ?',
    ) as unknown as Select;
    this.#insert = raw.prepare(
      'insert into subject_keys (tenant, subject, wrapped) values (?, ?, ?)',
    ) as unknown as Insert;
    this.#delete = raw.prepare(
      'delete from subject_keys where tenant = ? and subject = ?',
    ) as unknown as Delete;
  }

  /** The subject's key, made now if there is none yet. */
  get(tenant: string, subject: string): SubjectKey {
    const known = this.find(tenant, subject);
    if (known !== null) return known;
    const dek = randomBytes(32);
    this.#pending.set(cacheKey(tenant, subject), [tenant, subject, this.#wrap(tenant, subject, dek)]);
    return this.#remember(tenant, subject, dek);
  }

  /** The subject's key if it has one; null when there was none or it was destroyed. */
  find(tenant: string, subject: string): SubjectKey | null {
    const known = this.#cache.get(cacheKey(tenant, subject)) ?? this.#older.get(cacheKey(tenant, subject));
    if (known !== undefined) return known;
    const revealed = this.reveal(tenant, subject);
    if (revealed === null) return null;
    revealed.wrapped.fill(0);
    return this.#remember(tenant, subject, revealed.dek);
  }

  /** The DEK itself and as it is stored: what a scan after an erasure looks for. */
  reveal(tenant: string, subject: string): { dek: Buffer; wrapped: Buffer } | null {
    const row = this.#select.get(tenant, subject);
    if (row === undefined) return null;
    const { wrapped } = row;
    const dek = decrypt(
      this.#kek(tenant),
      wrapped.subarray(0, NONCE),
      aadOf(tenant, subject),
      wrapped.subarray(NONCE),
    );
    if (dek === null) throw new Failure('data_unusable', 'The key of a subject does not unwrap.');
    return { dek, wrapped };
  }

  /** New keys, to be called inside of a transaction; afterwards {@link flushed} or {@link failed}. */
  flush(): void {
    for (const [tenant, subject, wrapped] of this.#pending.values())
      this.#insert.run(tenant, subject, wrapped);
  }

  get pending(): number {
    return this.#pending.size;
  }

  flushed(): void {
    this.#pending.clear();
  }

  /** What could not be written is forgotten: a retry makes another key. */
  failed(): void {
    for (const key of this.#pending.keys()) {
      this.#cache.delete(key);
      this.#older.delete(key);
    }
    this.#pending.clear();
  }

  /** Deletes the stored key and overwrites what is in memory; to be called inside of a transaction. */
  destroy(tenant: string, subject: string): void {
    this.#delete.run(tenant, subject);
    const key = cacheKey(tenant, subject);
    for (const map of [this.#cache, this.#older]) {
      const known = map.get(key);
      if (known !== undefined) wipe(known);
      map.delete(key);
    }
    this.#pending.delete(key);
  }

  #remember(tenant: string, subject: string, dek: Buffer): SubjectKey {
    if (this.#cache.size >= CACHE) {
      this.#older = this.#cache;
      this.#cache = new Map();
    }
    const key = subjectKey(dek);
    dek.fill(0);
    this.#cache.set(cacheKey(tenant, subject), key);
    return key;
  }

  #wrap(tenant: string, subject: string, dek: Buffer): Buffer {
    const nonce = randomBytes(NONCE);
    return Buffer.concat([nonce, encrypt(this.#kek(tenant), nonce, aadOf(tenant, subject), dek)]);
  }

  #kek(tenant: string): Buffer {
    const key = this.#keyring.get(`subjects/${tenant}`);
    if (key === undefined) throw new Error('tenant without a key for its subjects');
    return key;
  }
}
