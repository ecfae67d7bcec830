import { type Kysely, type Migration, sql } from 'kysely';

/**
 * The head of each log: what a checkpoint may be signed for. It moves by compare-and-swap before the
 * checkpoint is signed, so that two sealers can never sign two different trees of one size.
 */
export interface LedgerTables {
  heads: { log: string; size: number; root: Buffer; position: number; epoch: number };
  followers: { name: string; position: number };
  /** The manifest: one row per full tile and full bundle, docs/decisions/0006. */
  segments: { log: string; path: string; bytes: number; sha256: Buffer; sealed_at: string };
}

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
};
