import { sha256 } from '@prooflog/proof';
import type { Kysely } from 'kysely';
import type { LogName } from '../event/stages.js';
import type { LedgerFile } from './edge.js';
import type { LedgerTables } from './tables.js';

/** One sealed file that will never change: a full tile or a full bundle. */
export interface Segment {
  readonly log: LogName;
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the file, 32 bytes. */
  readonly sha256: Uint8Array;
}

/**
 * The files of a sealing that belong in the manifest. Partial files are replaced, and a block is bound by the
 * root in its descriptor, which stands in a bundle (docs/decisions/0006).
 */
export const segmentsOf = (log: LogName, files: readonly LedgerFile[]): Segment[] =>
  files
    .filter((file) => file.path.startsWith('tile/') && !file.path.includes('.p/'))
    .map(({ path, bytes }) => ({ log, path, bytes: bytes.length, sha256: sha256(bytes) }));

/** To be called in the transaction that moves the heads. @param now RFC 3339 */
export async function insertSegments(
  tx: Kysely<LedgerTables>,
  segments: readonly Segment[],
  now: string,
): Promise<void> {
  // SQLite binds at most 32,766 values in one statement.
  for (let i = 0; i < segments.length; i += 1_000)
    await tx
      .insertInto('segments')
      .values(
        segments.slice(i, i + 1_000).map((s) => ({ ...s, sha256: Buffer.from(s.sha256), sealed_at: now })),
      )
      .execute();
}

/** The manifest of sealed segments (requirement E-4), read. */
export class Manifest {
  readonly #db: Kysely<LedgerTables>;

  constructor(db: Kysely<LedgerTables>) {
    this.#db = db;
  }

  async get(log: LogName, path: string): Promise<Omit<Segment, 'log' | 'path'> | undefined> {
    const row = await this.#db
      .selectFrom('segments')
      .select(['bytes', 'sha256'])
      .where('log', '=', log)
      .where('path', '=', path)
      .executeTakeFirst();
    // The driver gives blobs as plain memory.
    return row === undefined ? undefined : { bytes: row.bytes, sha256: new Uint8Array(row.sha256) };
  }

  /** Rows of a log in the order of their paths, behind `after`; at most `limit`. */
  async page(log: LogName, after: string, limit: number): Promise<{ path: string; bytes: number }[]> {
    return this.#db
      .selectFrom('segments')
      .select(['path', 'bytes'])
      .where('log', '=', log)
      .where('path', '>', after)
      .orderBy('path')
      .limit(limit)
      .execute();
  }
}
