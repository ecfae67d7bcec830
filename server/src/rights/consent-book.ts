import type { RawDatabase } from '../base/database.js';
import type { Purpose } from '../event/purposes.js';

/** libsql's own types know statements with one parameter only. */
interface Select {
  all(tenant: string, subject: string): { purpose: string; event_type: string; granted: number }[];
}

const CACHE = 100_000;
/** Stands for all event types; a decision about one goes before it. */
export const ANY_EVENT = '*';

/** What people agree to now, as the guard asks for it with every record. What nobody agreed to is not granted. */
export class ConsentBook {
  readonly #select: Select;
  #cache = new Map<string, ReadonlyMap<string, boolean>>();
  #older = new Map<string, ReadonlyMap<string, boolean>>();

  constructor(raw: RawDatabase) {
    this.#select = raw.prepare(
      'select purpose, event_type, granted from consents where tenant = ? and subject = ? order by seq',
    ) as unknown as Select;
  }

  /** @param subject pseudonym */
  granted(tenant: string, subject: string, purpose: Purpose, eventType: string): boolean {
    const current = this.#current(tenant, subject);
    return current.get(`${purpose} ${eventType}`) ?? current.get(`${purpose} ${ANY_EVENT}`) ?? false;
  }

  #current(tenant: string, subject: string): ReadonlyMap<string, boolean> {
    const key = `${tenant}/${subject}`;
    const known = this.#cache.get(key) ?? this.#older.get(key);
    if (known !== undefined) return known;
    const rows = this.#select.all(tenant, subject);
    const current = new Map(rows.map((row) => [`${row.purpose} ${row.event_type}`, row.granted === 1]));
    if (this.#cache.size >= CACHE) {
      this.#older = this.#cache;
      this.#cache = new Map();
    }
    this.#cache.set(key, current);
    return current;
  }

  /** The next question is answered from the database. */
  forget(tenant: string, subject: string): void {
    this.#cache.delete(`${tenant}/${subject}`);
    this.#older.delete(`${tenant}/${subject}`);
  }
}
