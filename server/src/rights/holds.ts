import type { Kysely } from 'kysely';
import { type Clock, toRfc3339 } from '../base/clock.js';
import { formatUuid, newUuid } from '../base/uuid.js';
import type { RightsTables } from './tables.js';

export type Hold = RightsTables['holds'];

/** Legal holds and retention duties: while one stands, its subject is not erased (GDPR art. 17(3)). */
export class Holds {
  readonly #db: Kysely<RightsTables>;
  readonly #clock: Clock;

  constructor(db: Kysely<RightsTables>, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** @param until RFC 3339 in UTC, or null for as long as it is not lifted. */
  async set(tenant: string, subject: string, ground: string, until: string | null): Promise<Hold> {
    const now = this.#clock();
    const hold = { id: formatUuid(newUuid(now)), tenant, subject, ground, set_at: toRfc3339(now), until };
    await this.#db.insertInto('holds').values(hold).execute();
    return hold;
  }

  /** The hold that stands for a subject now, if any. */
  async standing(tenant: string, subject: string): Promise<Hold | undefined> {
    const holds = await this.list(tenant);
    return holds.find((hold) => hold.subject === subject);
  }

  async list(tenant: string): Promise<Hold[]> {
    const now = toRfc3339(this.#clock());
    const holds = await this.#db.selectFrom('holds').selectAll().where('tenant', '=', tenant).execute();
    return holds.filter((hold) => hold.until === null || hold.until > now);
  }

  /** @returns the hold that stood, or undefined. */
  async lift(tenant: string, id: string): Promise<Hold | undefined> {
    const hold = (await this.list(tenant)).find((h) => h.id === id);
    if (hold !== undefined) await this.#db.deleteFrom('holds').where('id', '=', id).execute();
    return hold;
  }
}
