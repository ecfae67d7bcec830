import { type Kysely, type Migration, sql } from 'kysely';

/** One signing key of a tenant: docs/formats/ledger.md, "Change of keys". Public parts stay for good. */
export interface SigningKeyRow {
  tenant: string;
  /** From 1. */
  serial: number;
  store: 'keyring' | 'transit';
  /** Names the private key in its store: a seed of the keyring, or a version of the transit key. */
  ref: string;
  /** 32 bytes, Ed25519. */
  pub: Buffer;
  state: 'introduced' | 'signing' | 'retiring' | 'withdrawn' | 'retired';
  /** Event id of the record of the step that is under way or was taken last. */
  record_id: string | null;
  /** c2sp.org/tlog-proof of the record that introduced it, under the key before it. */
  proof: string | null;
  /** Who asked for that step. */
  credential: string;
  role: string;
}

/**
 * The head of each log: what a checkpoint may be signed for. It moves by compare-and-swap before the
 * checkpoint is signed, so that two sealers can never sign two different trees of one size.
 */
export interface LedgerTables {
  heads: { log: string; size: number; root: Buffer; position: number; epoch: number };
  followers: { name: string; position: number };
  /** Logs that stopped, with the journal position of their first entry that is not sealed. */
  stopped_logs: { log: string; position: number };
  signing_keys: SigningKeyRow;
  /** The manifest: one row per full tile and full bundle, docs/decisions/0006. */
  segments: { log: string; path: string; bytes: number; sha256: Buffer; sealed_at: string };
}

const signingKeys: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('signing_keys')
      .addColumn('tenant', 'text', (c) => c.notNull())
      .addColumn('serial', 'integer', (c) => c.notNull())
      .addColumn('store', 'text', (c) => c.notNull())
      .addColumn('ref', 'text', (c) => c.notNull())
      .addColumn('pub', 'blob', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('record_id', 'text')
      .addColumn('proof', 'text')
      .addColumn('credential', 'text', (c) => c.notNull())
      .addColumn('role', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('signing_keys_pk', ['tenant', 'serial'])
      .execute();
  },
};

export const ledgerMigrations: Record<string, Migration> = {
  '020_ledger_heads': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('heads')
        .addColumn('log', 'text', (c) => c.primaryKey())
        .addColumn('size', 'integer', (c) => c.notNull())
        .addColumn('root', 'blob', (c) => c.notNull())
        .addColumn('position', 'integer', (c) => c.notNull())
        .addColumn('epoch', 'integer', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('followers')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('position', 'integer', (c) => c.notNull())
        .execute();
    },
  },
  '040_ledger_segments': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('segments')
        .addColumn('log', 'text', (c) => c.notNull())
        .addColumn('path', 'text', (c) => c.notNull())
        .addColumn('bytes', 'integer', (c) => c.notNull())
        .addColumn('sha256', 'blob', (c) => c.notNull())
        .addColumn('sealed_at', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('segments_pk', ['log', 'path'])
        // The key is most of the row: without a second tree the table takes half.
        .modifyEnd(sql`without rowid`)
        .execute();
    },
  },
  '050_ledger_signing_keys': signingKeys,
  '051_ledger_stopped_logs': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('stopped_logs')
        .addColumn('log', 'text', (c) => c.primaryKey())
        .addColumn('position', 'integer', (c) => c.notNull())
        .execute();
    },
  },
};
