import type { Kysely, Migration } from 'kysely';
import type { LogName } from '../event/stages.js';

export interface ArchiveTables {
  /** Entries of each log whose full files and blocks are in the bucket. Inside a bundle: its partial files may be too. */
  archived: { log: string; size: number };
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
};

/** How far each log is archived, kept over restarts. */
export class Positions {
  readonly #db: Kysely<ArchiveTables>;
  readonly #sizes = new Map<LogName, number>();

  private constructor(db: Kysely<ArchiveTables>) {
    this.#db = db;
  }

  static async load(db: Kysely<ArchiveTables>): Promise<Positions> {
    const positions = new Positions(db);
    for (const row of await db.selectFrom('archived').selectAll().execute())
      positions.#sizes.set(row.log as LogName, row.size);
    return positions;
  }

  get(log: LogName): number {
    return this.#sizes.get(log) ?? 0;
  }

  async save(log: LogName, size: number): Promise<void> {
    await this.#db
      .insertInto('archived')
      .values({ log, size })
      .onConflict((c) => c.column('log').doUpdateSet({ size }))
      .execute();
    this.#sizes.set(log, size);
  }
}
