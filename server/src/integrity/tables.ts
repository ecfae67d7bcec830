import type { Kysely, Migration } from 'kysely';

export interface IntegrityTables {
  /**
   * What the scrubber found. A row is open until `closed_at`; `raised` and `close_raised` are 1 once the record
   * of it is in the journal. `id` and `close_id` are the event ids of those records, so that sending one again
   * after a crash gives a duplicate and no second record.
   */
  integrity_findings: {
    id: string;
    log: string;
    path: string;
    code: string;
    leaf: number | null;
    event_id: string | null;
    found_at: string;
    raised: number;
    close_id: string | null;
    closed_at: string | null;
    close_raised: number;
  };
  /** When everything of a log was last gone through, and how many entries it had. */
  integrity_rounds: { log: string; finished_at: string; size: number };
}

export const integrityMigrations: Record<string, Migration> = {
  '041_integrity': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('integrity_findings')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('log', 'text', (c) => c.notNull())
        .addColumn('path', 'text', (c) => c.notNull())
        .addColumn('code', 'text', (c) => c.notNull())
        .addColumn('leaf', 'integer')
        .addColumn('event_id', 'text')
        .addColumn('found_at', 'text', (c) => c.notNull())
        .addColumn('raised', 'integer', (c) => c.notNull())
        .addColumn('close_id', 'text')
        .addColumn('closed_at', 'text')
        .addColumn('close_raised', 'integer', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('integrity_rounds')
        .addColumn('log', 'text', (c) => c.primaryKey())
        .addColumn('finished_at', 'text', (c) => c.notNull())
        .addColumn('size', 'integer', (c) => c.notNull())
        .execute();
    },
  },
};
