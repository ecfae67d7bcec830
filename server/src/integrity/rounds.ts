import type { Kysely } from 'kysely';
import type { LogName } from '../event/stages.js';
import type { IntegrityTables } from './tables.js';

export interface Round {
  /** RFC 3339 */
  readonly finishedAt: string;
  /** Entries the log had when the round began. */
  readonly size: number;
}

/** The last full round of each log, kept over restarts. */
export class Rounds {
  readonly #db: Kysely<IntegrityTables>;
  readonly #last = new Map<LogName, Round>();

  private constructor(db: Kysely<IntegrityTables>) {
    this.#db = db;
  }

  static async load(db: Kysely<IntegrityTables>): Promise<Rounds> {
    const rounds = new Rounds(db);
    for (const row of await db.selectFrom('integrity_rounds').selectAll().execute())
      rounds.#last.set(row.log as LogName, { finishedAt: row.finished_at, size: row.size });
    return rounds;
  }

  get(log: LogName): Round | null {
    return this.#last.get(log) ?? null;
  }

  async save(log: LogName, finishedAt: string, size: number): Promise<void> {
    await this.#db
      .insertInto('integrity_rounds')
      .values({ log, finished_at: finishedAt, size })
      .onConflict((c) => c.column('log').doUpdateSet({ finished_at: finishedAt, size }))
      .execute();
    this.#last.set(log, { finishedAt, size });
  }
}
