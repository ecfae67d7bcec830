import type { Kysely, Migration } from 'kysely';

/**
 * The pseudonym map. It must be forgettable: it lives here only, never in journal, ledger or store. `lookup` is
 * an HMAC of the subject's own id, so that not even this table holds the id.
 */
export interface VaultTables {
  pseudonyms: { tenant: string; lookup: Buffer; pseudonym: string };
  /** DEKs wrapped by the tenant's key: docs/formats/sealed-values.md. */
  subject_keys: { tenant: string; subject: string; wrapped: Buffer };
}

export const vaultMigrations: Record<string, Migration> = {
  '010_vault_pseudonyms': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('pseudonyms')
        .addColumn('tenant', 'text', (c) => c.notNull())
        .addColumn('lookup', 'blob', (c) => c.notNull())
        .addColumn('pseudonym', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('pseudonyms_key', ['tenant', 'lookup'])
        .execute();
    },
  },
  '011_vault_subject_keys': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('subject_keys')
        .addColumn('tenant', 'text', (c) => c.notNull())
        .addColumn('subject', 'text', (c) => c.notNull())
        .addColumn('wrapped', 'blob', (c) => c.notNull())
        .addPrimaryKeyConstraint('subject_keys_key', ['tenant', 'subject'])
        .execute();
    },
  },
};
