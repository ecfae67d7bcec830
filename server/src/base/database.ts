import { Kysely, type Migration, Migrator, SqliteDialect } from 'kysely';
import Database from 'libsql';
import { Failure } from './errors.js';

/** The subset of the libsql/better-sqlite3 interface that hot look-ups use directly. */
export type RawDatabase = InstanceType<typeof Database>;

export interface ControlDatabase<Tables> {
  readonly db: Kysely<Tables>;
  /** For prepared point look-ups in the request path; everything else goes through Kysely. */
  readonly raw: RawDatabase;
  close(): Promise<void>;
}

/**
 * Opens the control database (tenants, keys, heads, follower positions, pseudonym map) and brings its tables
 * up to date. SQLite in WAL with `synchronous=FULL`: a commit that returned survives a power cut.
 * `secure_delete` so that what was erased is not left in free pages.
 *
 * @throws Failure `data_unusable`.
 */
export async function openDatabase<Tables>(
  path: string,
  migrations: Record<string, Migration>,
): Promise<ControlDatabase<Tables>> {
  const raw = new Database(path);
  for (const pragma of [
    'journal_mode=WAL',
    'synchronous=FULL',
    'secure_delete=ON',
    'trusted_schema=OFF',
    'foreign_keys=ON',
  ])
    raw.pragma(pragma);
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: raw }) });
  // Each room numbers its own tables; one may gain a table after a room with a higher number did.
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    allowUnorderedMigrations: true,
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined)
    throw new Failure('data_unusable', 'The control database cannot be brought up to date.', {
      cause: error,
    });
  return {
    db,
    raw,
    async close() {
      raw.pragma('wal_checkpoint(TRUNCATE)');
      await db.destroy();
    },
  };
}
