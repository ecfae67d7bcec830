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

/** One step of the sealer, done whole or not at all. */
export interface Advance {
  readonly heads: readonly Head[];
  /** Journal position up to which everything is sealed then, but for logs that stopped. */
  readonly position: number;
  /** Logs that stop or get on, with the position of their first entry that is not sealed; null: they are back. */
  readonly stopped: ReadonlyMap<LogName, number | null>;
  /** For the manifest. */
  readonly segments: readonly Segment[];
}

const FOLLOWER = 'ledger';

/** The heads of all logs and the sealer's own positions, moved together in one transaction. */
export class Heads {
  readonly #db: Kysely<LedgerTables>;
  readonly #heads = new Map<LogName, Head>();
  readonly #stopped = new Map<LogName, number>();
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
    for (const row of await db.selectFrom('stopped_logs').selectAll().execute())
      heads.#stopped.set(row.log as LogName, row.position);
    const follower = await db
      .selectFrom('followers')
      .select('position')
      .where('name', '=', FOLLOWER)
      .executeTakeFirst();
    heads.#position = follower?.position ?? 0;
    return heads;
  }

  /** Journal position up to which everything is sealed, but for logs that stopped. */
  get position(): number {
    return this.#position;
  }

  /** Logs that stopped, with the journal position of their first entry that is not sealed. */
  get stopped(): ReadonlyMap<LogName, number> {
    return this.#stopped;
  }

  /** Journal position before which nothing is needed any more. */
  get released(): number {
    return Math.min(this.#position, ...this.#stopped.values());
  }

  get(log: LogName): Head | undefined {
    return this.#heads.get(log);
  }

  all(): Head[] {
    return [...this.#heads.values()];
  }

  /**
   * Moves the given heads and positions and adds to the manifest, or nothing.
   * @param now RFC 3339, for the manifest.
   * @throws Failure `ledger_conflict` when a head is not where we left it: another sealer won, and what was
   * computed here must be thrown away.
   */
  async advance({ heads: next, position, stopped, segments }: Advance, now: string): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      for (const head of next) await this.#move(tx, head, position);
      await insertSegments(tx, segments, now);
      await tx
        .insertInto('followers')
        .values({ name: FOLLOWER, position })
        .onConflict((c) => c.column('name').doUpdateSet({ position }))
        .execute();
      for (const [log, at] of stopped) await saveStopped(tx, log, at);
    });
    for (const head of next) this.#heads.set(head.log, head);
    for (const [log, at] of stopped)
      if (at === null) this.#stopped.delete(log);
      else this.#stopped.set(log, at);
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

async function saveStopped(tx: Kysely<LedgerTables>, log: LogName, position: number | null): Promise<void> {
  if (position === null) await tx.deleteFrom('stopped_logs').where('log', '=', log).execute();
  else
    await tx
      .insertInto('stopped_logs')
      .values({ log, position })
      .onConflict((c) => c.column('log').doUpdateSet({ position }))
      .execute();
}
