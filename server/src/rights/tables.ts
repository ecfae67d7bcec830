import type { Generated, Kysely, Migration } from 'kysely';

/** How far an erasure has come; each step is written down before the next. */
export const STATES = ['begun', 'recorded', 'destroyed', 'scanned'] as const;
export type ErasureState = (typeof STATES)[number];

export interface RightsTables {
  /** `subject` is the pseudonym. `record_id` and `scan_id`: ids of the two records, chosen beforehand. */
  erasures: {
    id: string;
    tenant: string;
    subject: string;
    ground: string;
    credential: string;
    role: string;
    state: string;
    requested_at: string;
    /** Null until then. */
    destroyed_at: string | null;
    record_id: string;
    scan_id: string;
    /** JSON of the last scan's reports. */
    scan: string | null;
  };
  /** History: nothing is changed but `recorded`, once the decision is a record too. `subject` is the pseudonym. */
  consents: {
    seq: Generated<number>;
    tenant: string;
    subject: string;
    purpose: string;
    event_type: string;
    granted: number;
    version: string;
    given_at: string;
    credential: string;
    role: string;
    record_id: string;
    recorded: number;
  };
  holds: {
    id: string;
    tenant: string;
    subject: string;
    ground: string;
    set_at: string;
    until: string | null;
  };
}

export const rightsMigrations: Record<string, Migration> = {
  '040_rights': {
    async up(db: Kysely<unknown>) {
      let erasures = db.schema.createTable('erasures').addColumn('id', 'text', (c) => c.primaryKey());
      for (const name of ['tenant', 'subject', 'ground', 'credential', 'role', 'state'] as const)
        erasures = erasures.addColumn(name, 'text', (c) => c.notNull());
      for (const name of ['requested_at', 'record_id', 'scan_id'] as const)
        erasures = erasures.addColumn(name, 'text', (c) => c.notNull());
      await erasures.addColumn('scan', 'text').execute();
      await db.schema
        .createTable('holds')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('tenant', 'text', (c) => c.notNull())
        .addColumn('subject', 'text', (c) => c.notNull())
        .addColumn('ground', 'text', (c) => c.notNull())
        .addColumn('set_at', 'text', (c) => c.notNull())
        .addColumn('until', 'text')
        .execute();
    },
  },
  '060_rights_consents': {
    async up(db: Kysely<unknown>) {
      let consents = db.schema
        .createTable('consents')
        .addColumn('seq', 'integer', (c) => c.primaryKey().autoIncrement());
      for (const name of ['tenant', 'subject', 'purpose', 'event_type', 'version', 'given_at'] as const)
        consents = consents.addColumn(name, 'text', (c) => c.notNull());
      for (const name of ['credential', 'role', 'record_id'] as const)
        consents = consents.addColumn(name, 'text', (c) => c.notNull());
      for (const name of ['granted', 'recorded'] as const)
        consents = consents.addColumn(name, 'integer', (c) => c.notNull());
      await consents.execute();
      await db.schema
        .createIndex('consents_of_subject')
        .on('consents')
        .columns(['tenant', 'subject', 'seq'])
        .execute();
    },
  },
  '061_rights_destroyed_at': {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable('erasures').addColumn('destroyed_at', 'text').execute();
    },
  },
};
