import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { createChdbConnection } from 'chdb/connection';
import { Failure } from '../base/errors.js';
import { type LogName, type RecordPlace, splitLog } from '../event/stages.js';
import type { NativeBlock } from './native.js';
import type { Statement } from './process/protocol.js';
import { ddl, TABLES, type TableName, tableOf } from './tables.js';
import { anonymised, emptied } from './veil.js';

const READERS = 3;

/** Stops runaway queries; the client's abort does not reach the engine. */
const READ_SETTINGS = {
  max_execution_time: 20,
  max_memory_usage: '2000000000',
  max_result_rows: '100000',
  readonly: '2',
} as const;

/**
 * ClickHouse inside this process, which is the store's own (docs/decisions/0005). A session runs one query after another, so there is one for writing and a few
 * for reading. Nobody trusts what is in here: it is rebuilt from the ledger at any time.
 */
export class ClickHouse {
  readonly #writer: ClickHouseClient;
  readonly #readers: ClickHouseClient[];
  readonly #incoming: string;
  #next = 0;

  private constructor(dir: string, scratch: string) {
    const path = join(dir, 'tables');
    this.#incoming = join(scratch, 'block.native');
    // The two packages carry separate copies of the same interface, which TypeScript holds apart.
    const session = (): ClickHouseClient =>
      createClient({ connection: createChdbConnection({ path }) as never });
    this.#writer = session();
    this.#readers = Array.from({ length: READERS }, session);
  }

  /**
   * @param dir holds the tables and nothing else.
   * @param scratch where blocks are laid down for the engine; in memory, or every fsync of the journal on the
   * same disk would carry them along.
   */
  static async open(dir: string, scratch = dir): Promise<ClickHouse> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const store = new ClickHouse(dir, scratch);
    for (const table of ['events', 'logs'] as const) await store.command(ddl(table));
    return store;
  }

  /** Throws everything away and makes the tables anew. */
  async recreate(): Promise<void> {
    for (const table of ['events', 'logs'] as const) {
      await this.command(`DROP TABLE IF EXISTS ${table} SYNC`);
      await this.command(ddl(table));
    }
  }

  /** Deletes the rows of a log's leaves below one; when it returns they are in no active part any more. */
  async expire(log: LogName, below: number): Promise<void> {
    await this.#mutate(log, 'DELETE', `leaf < ${Math.trunc(below)}`);
  }

  /** Leaves nothing of what these records say; when it returns it is in no active part any more. */
  async withhold(log: LogName, places: readonly RecordPlace[]): Promise<void> {
    const table = tableOf(splitLog(log).stream);
    const tuples = places.map(({ leaf, slot }) => `(${Math.trunc(leaf)}, ${Math.trunc(slot)})`);
    await this.#mutate(log, `UPDATE ${emptied(table)}`, `(leaf, slot) IN (${tuples.join(', ')})`);
  }

  /** Deletes the empty row of a record that was withheld. */
  async unveil(log: LogName, { leaf, slot }: RecordPlace): Promise<void> {
    const place = `leaf = ${Math.trunc(leaf)} AND slot = ${Math.trunc(slot)}`;
    await this.#mutate(log, 'DELETE', `${place} AND record = ''`);
  }

  /** Takes the network addresses out of the rows of a log's leaves from one up to another. */
  async anonymise(log: LogName, from: number, below: number): Promise<void> {
    const assignments = anonymised(tableOf(splitLog(log).stream), literal);
    await this.#mutate(
      log,
      `UPDATE ${assignments}`,
      `leaf >= ${Math.trunc(from)} AND leaf < ${Math.trunc(below)}`,
    );
  }

  async #mutate(log: LogName, change: string, where: string): Promise<void> {
    const { tenant, stream } = splitLog(log);
    const own = `tenant = ${literal(tenant)} AND stream = ${literal(stream)}`;
    await this.command(
      `ALTER TABLE ${tableOf(stream)} ${change} WHERE ${own} AND ${where} SETTINGS mutations_sync = 1`,
    );
  }

  /** Statements of our own making only. */
  async command(sql: string): Promise<void> {
    await guarded(() => this.#writer.command({ query: sql }));
  }

  /**
   * Inserts a block; the same token twice inserts once. The binding takes text only, so the bytes go through a
   * file, which needs no sync: a block that was lost is built again.
   */
  async insert<Row>(table: TableName, block: NativeBlock<Row>, token: string): Promise<void> {
    if (block.rows === 0) return;
    await writeAll(this.#incoming, block.parts());
    await guarded(() =>
      this.#writer.command({
        query: `INSERT INTO ${table} (${TABLES[table].map((c) => c.name).join(', ')}) SELECT * FROM file(${literal(this.#incoming)}, 'Native', ${literal(block.structure)})`,
        clickhouse_settings: {
          insert_deduplication_token: token,
          max_insert_block_size: '1000000',
          max_threads: 1,
        },
      }),
    );
  }

  /** @returns the rows as one JSON array. */
  async query(statement: Statement): Promise<string> {
    const reader = this.#readers[this.#next++ % READERS] as ClickHouseClient;
    return guarded(async () => {
      const result = await reader.query({
        query: statement.sql,
        query_params: { ...statement.params },
        format: 'JSONEachRow',
        clickhouse_settings: READ_SETTINGS,
      });
      const lines = (await result.text()).trimEnd();
      return `[${lines.replaceAll('\n', ',')}]`;
    });
  }

  async close(): Promise<void> {
    for (const client of [this.#writer, ...this.#readers]) await client.close();
  }
}

async function writeAll(path: string, parts: Buffer[]): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writev(parts);
  } finally {
    await file.close();
  }
}

const literal = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** The engine's messages quote rows and queries: only its code goes on. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Failure(
      code === '159' || code === '241' ? 'timeout' : 'search_unavailable',
      `The search store refused the statement (code ${code}).`,
    );
  }
}
