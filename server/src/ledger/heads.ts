import type { Kysely } from 'kysely';
import { Failure } from '../base/errors.js';
import type { LogName } from '../event/stages.js';
import { insertSegments, type Segment } from './manifest.js';
import type { LedgerTables } from './tables.js';

export interface Head {
  readonly log: LogName;
  readonly size: number;
  readonly root: Uint8Array;
}

const FOLLOWER = 'ledger';

/** The heads of all logs and the sealer's own position, moved together in one transaction. */
export class Heads {
  readonly #db: Kysely<LedgerTables>;
  readonly #heads = new Map<LogName, Head>();
  #position = 0;

  private constructor(db: Kysely<LedgerTables>) {
    this.#db = db;
  }

  static async load(db: Kysely<LedgerTables>): Promise<Heads> {
    const heads = new Heads(db);
    for (const row of await db.selectFrom('heads').selectAll().execute()) {
      const log = row.log as LogName;
      heads.#heads.set(log, { log, size: row.size, root: new Uint8Array(row.root) });
    }
    const follower = await db
      .selectFrom('followers')
      .select('position')
      .where('name', '=', FOLLOWER)
      .executeTakeFirst();
    heads.#position = follower?.position ?? 0;
    return heads;
  }

  /** Journal position up to which everything is sealed. */
  get position(): number {
    return this.#position;
  }

  get(log: LogName): Head | undefined {
    return this.#heads.get(log);
  }

  all(): Head[] {
    return [...this.#heads.values()];
  }

  /**
   * Moves the given heads and the position and adds to the manifest, or nothing.
   * @param now RFC 3339, for the manifest.
   * @throws Failure `ledger_conflict` when a head is not where we left it: another sealer won, and what was
   * computed here must be thrown away.
   */
  async advance(
    next: readonly Head[],
    position: number,
    segments: readonly Segment[],
    now: string,
  ): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      for (const head of next) await this.#move(tx, head, position);
      await insertSegments(tx, segments, now);
      await tx
        .insertInto('followers')
        .values({ name: FOLLOWER, position })
        .onConflict((c) => c.column('name').doUpdateSet({ position }))
        .execute();
    });
    for (const head of next) this.#heads.set(head.log, head);
    this.#position = position;
  }

  async #move(tx: Kysely<LedgerTables>, head: Head, position: number): Promise<void> {
    const before = this.#heads.get(head.log);
    const values = { size: head.size, root: Buffer.from(head.root), position };
    const result =
      before === undefined
        ? await tx
            .insertInto('heads')
            .values({ log: head.log, epoch: 1, ...values })
            .onConflict((c) => c.doNothing())
            .executeTakeFirst()
        : await tx
            .updateTable('heads')
            .set(values)
            .where('log', '=', head.log)
            .where('size', '=', before.size)
            .where('root', '=', Buffer.from(before.root))
            .executeTakeFirst();
    const moved =
      'numUpdatedRows' in result ? result.numUpdatedRows : (result.numInsertedOrUpdatedRows ?? 0n);
    if (moved !== 1n)
      throw new Failure('ledger_conflict', `The head of ${head.log} was moved by someone else.`);
  }
}
