import type { Kysely, Migration } from 'kysely';

export interface AccessTables {
  tenants: { id: string; slug: string; packs: string; region: string; host: string; created_at: string };
  keys: {
    id: string;
    /** Null: the key of an administrator of the whole installation. */
    tenant: string | null;
    role: string;
    label: string;
    hash: Buffer;
    created_at: string;
    last_used_at: string | null;
  };
}

export const accessMigrations: Record<string, Migration> = {
  '000_access': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('tenants')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('slug', 'text', (c) => c.notNull().unique())
        .addColumn('packs', 'text', (c) => c.notNull())
        .addColumn('region', 'text', (c) => c.notNull())
        .addColumn('host', 'text', (c) => c.notNull())
        .addColumn('created_at', 'text', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('keys')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('tenant', 'text', (c) => c.references('tenants.id'))
        .addColumn('role', 'text', (c) => c.notNull())
        .addColumn('label', 'text', (c) => c.notNull())
        .addColumn('hash', 'blob', (c) => c.notNull())
        .addColumn('created_at', 'text', (c) => c.notNull())
        .addColumn('last_used_at', 'text')
        .execute();
    },
  },
};
