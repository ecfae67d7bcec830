import type { Kysely, Migration } from 'kysely';

/** The latest tree of each log that this witness cosigned; it may only ever grow. */
export interface WitnessTables {
  /** `cosigned_at`: seconds since 1970 of the cosignature. */
  witnessed: { origin: string; size: number; root: Buffer; cosigned_at: number };
}

export const witnessMigrations: Record<string, Migration> = {
  '040_witnessed': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('witnessed')
        .addColumn('origin', 'text', (c) => c.primaryKey())
        .addColumn('size', 'integer', (c) => c.notNull())
        .addColumn('root', 'blob', (c) => c.notNull())
        .addColumn('cosigned_at', 'integer', (c) => c.notNull())
        .execute();
    },
  },
};
