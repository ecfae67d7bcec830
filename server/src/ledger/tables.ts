import type { Kysely, Migration } from 'kysely';

/**
 * The head of each log: what a checkpoint may be signed for. It moves by compare-and-swap before the
 * checkpoint is signed, so that two sealers can never sign two different trees of one size.
 */
export interface LedgerTables {
  heads: { log: string; size: number; root: Buffer; position: number; epoch: number };
  followers: { name: string; position: number };
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
};
