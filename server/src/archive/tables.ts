import type { Kysely, Migration } from 'kysely';
import type { LogName } from '../event/stages.js';

export interface ArchiveTables {
  /**
   * `size`: entries of each log whose full files and blocks are in the bucket. Inside a bundle: its partial files may be
   * too. `removed`: entries whose bundles and blocks are there no more, since they expired.
   */
  archived: { log: string; size: number; removed: number };
}

export const archiveMigrations: Record<string, Migration> = {
  '060_archive': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('archived')
        .addColumn('log', 'text', (c) => c.primaryKey())
        .addColumn('size', 'integer', (c) => c.notNull())
        .execute();
    },
  },
  '061_archive_removed': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable('archived')
        .addColumn('removed', 'integer', (c) => c.notNull().defaultTo(0))
        .execute();
    },
  },
};

/** How far each log is archived, kept over restarts. */
export class Positions {
  readonly #db: Kysely<ArchiveTables>;
  readonly #rows = new Map<LogName, { size: number; removed: number }>();

  private constructor(db: Kysely<ArchiveTables>) {
    this.#db = db;
  }

  static async load(db: Kysely<ArchiveTables>): Promise<Positions> {
    const positions = new Positions(db);
    for (const row of await db.selectFrom('archived').selectAll().execute())
      positions.#rows.set(row.log as LogName, row);
    return positions;
  }

  get(log: LogName): number {
    return this.#rows.get(log)?.size ?? 0;
  }

  removed(log: LogName): number {
    return this.#rows.get(log)?.removed ?? 0;
  }

  save(log: LogName, size: number): Promise<void> {
    return this.#save(log, { size, removed: this.removed(log) });
  }

  saveRemoved(log: LogName, removed: number): Promise<void> {
    return this.#save(log, { size: this.get(log), removed });
  }

  async #save(log: LogName, row: { size: number; removed: number }): Promise<void> {
    await this.#db
      .insertInto('archived')
      .values({ log, ...row })
      .onConflict((c) => c.column('log').doUpdateSet(row))
      .execute();
    this.#rows.set(log, row);
  }
}
