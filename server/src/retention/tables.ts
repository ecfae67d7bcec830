import type { Kysely, Migration } from 'kysely';

/** How far an expiry has come; each step is written down before the next. */
export type ExpiryStep = 'decided' | 'recorded' | 'published' | 'done';

export type AnonymisationStep = 'decided' | 'recorded' | 'done';

export interface RetentionTables {
  /** Periods a tenant set instead of its packs'. `keep` is an ISO 8601 duration. */
  retention_overrides: { tenant: string; stream: string; keep: string; because: string; set_at: string };
  /**
   * One row per log that anything expired from. Below `since` nothing is left; `minimum_index` is what is aimed at,
   * and stands in the log's note from the step `published` on. `record_id`: id of the record, chosen beforehand.
   */
  expiries: {
    log: string;
    since: number;
    minimum_index: number;
    step: ExpiryStep;
    record_id: string;
  };
  /** As `expiries`, for the addresses in rows of the search store: below `below` there are none from `recorded` on. */
  anonymisations: { log: string; since: number; below: number; step: AnonymisationStep; record_id: string };
}

export const retentionMigrations: Record<string, Migration> = {
  '050_retention': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('retention_overrides')
        .addColumn('tenant', 'text', (c) => c.notNull())
        .addColumn('stream', 'text', (c) => c.notNull())
        .addColumn('keep', 'text', (c) => c.notNull())
        .addColumn('because', 'text', (c) => c.notNull())
        .addColumn('set_at', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('retention_overrides_pk', ['tenant', 'stream'])
        .execute();
      await db.schema
        .createTable('expiries')
        .addColumn('log', 'text', (c) => c.primaryKey())
        .addColumn('since', 'integer', (c) => c.notNull())
        .addColumn('minimum_index', 'integer', (c) => c.notNull())
        .addColumn('step', 'text', (c) => c.notNull())
        .addColumn('record_id', 'text', (c) => c.notNull())
        .execute();
    },
  },
  '051_retention_anonymisations': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('anonymisations')
        .addColumn('log', 'text', (c) => c.primaryKey())
        .addColumn('since', 'integer', (c) => c.notNull())
        .addColumn('below', 'integer', (c) => c.notNull())
        .addColumn('step', 'text', (c) => c.notNull())
        .addColumn('record_id', 'text', (c) => c.notNull())
        .execute();
    },
  },
};
