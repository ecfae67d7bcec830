import type { Kysely, Migration } from 'kysely';

/**
 * What is known of a leak and done about it; each step is written down before the next. `found`: search is to lose the
 * content. `withheld`: it has. `open`: the record of it is written. `closing`: somebody judged it. `lifting`: that is
 * recorded, and search is to have the content back.
 */
export type IncidentStep = 'found' | 'withheld' | 'open' | 'closing' | 'lifting' | 'closed';

export const OUTCOMES = ['false_positive', 'contained'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface ReviewTables {
  /** `id` and `close_id` are the event ids of the records about it. `hits` is JSON: rules and paths, never a value. */
  privacy_incidents: {
    id: string;
    log: string;
    leaf: number;
    slot: number;
    event_id: string;
    hits: string;
    ruleset: string;
    found_at: string;
    step: IncidentStep;
    outcome: Outcome | null;
    note: string | null;
    closed_at: string | null;
    /** JSON: who closed it. */
    closed_by: string | null;
    close_id: string | null;
  };
  /** The last report of each log, as JSON. */
  reviews: { log: string; report: string };
}

export const reviewMigrations: Record<string, Migration> = {
  '070_review': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('privacy_incidents')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('log', 'text', (c) => c.notNull())
        .addColumn('leaf', 'integer', (c) => c.notNull())
        .addColumn('slot', 'integer', (c) => c.notNull())
        .addColumn('event_id', 'text', (c) => c.notNull())
        .addColumn('hits', 'text', (c) => c.notNull())
        .addColumn('ruleset', 'text', (c) => c.notNull())
        .addColumn('found_at', 'text', (c) => c.notNull())
        .addColumn('step', 'text', (c) => c.notNull())
        .addColumn('outcome', 'text')
        .addColumn('note', 'text')
        .addColumn('closed_at', 'text')
        .addColumn('closed_by', 'text')
        .addColumn('close_id', 'text')
        .execute();
      await db.schema
        .createTable('reviews')
        .addColumn('log', 'text', (c) => c.primaryKey())
        .addColumn('report', 'text', (c) => c.notNull())
        .execute();
    },
  },
};
