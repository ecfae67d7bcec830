import type { Kysely } from 'kysely';
import type { LogName } from '../event/stages.js';
import type { RetentionTables } from './tables.js';

export type ExpiryRow = RetentionTables['expiries'] & { readonly log: LogName };

/** Below `index` the bytes of a log may be gone. Not `settled`: its note may still be the one before. */
export interface Minimum {
  readonly index: number;
  readonly settled: boolean;
}

const NOTHING: Minimum = { index: 0, settled: true };

/** The minimum index of every log, and how far the expiry that leads to it has come. */
export class Minimums {
  readonly #db: Kysely<RetentionTables>;
  readonly #rows: Map<LogName, ExpiryRow>;

  private constructor(db: Kysely<RetentionTables>, rows: readonly ExpiryRow[]) {
    this.#db = db;
    this.#rows = new Map(rows.map((row) => [row.log, row]));
  }

  static async load(db: Kysely<RetentionTables>): Promise<Minimums> {
    const rows = await db.selectFrom('expiries').selectAll().execute();
    return new Minimums(
      db,
      rows.map((row) => ({ ...row, log: row.log as LogName })),
    );
  }

  of(log: LogName): Minimum {
    const row = this.#rows.get(log);
    if (row === undefined) return NOTHING;
    switch (row.step) {
      case 'decided':
      case 'recorded':
        return { index: row.since, settled: true };
      case 'published':
        return { index: row.minimum_index, settled: false };
      case 'done':
        return { index: row.minimum_index, settled: true };
    }
  }

  row(log: LogName): ExpiryRow | undefined {
    return this.#rows.get(log);
  }

  async save(row: ExpiryRow): Promise<ExpiryRow> {
    await this.#db
      .insertInto('expiries')
      .values(row)
      .onConflict((c) => c.column('log').doUpdateSet(row))
      .execute();
    this.#rows.set(row.log, row);
    return row;
  }
}
