import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { createChdbConnection } from 'chdb/connection';
import { Failure } from '../base/errors.js';
import { ddl, type TableName } from './tables.js';

/** A statement with its bound values: `{name:Type}` in the text, never a value. */
export interface Statement {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const READERS = 3;

/** Stops runaway queries; the client's abort does not reach the engine. */
const READ_SETTINGS = {
  max_execution_time: 20,
  max_memory_usage: '2000000000',
  max_result_rows: '100000',
  readonly: '2',
} as const;

/**
 * ClickHouse inside this process. A session runs one query after another, so there is one for writing and a few
 * for reading. Nobody trusts what is in here: it is rebuilt from the ledger at any time.
 */
export class ClickHouse {
  readonly #writer: ClickHouseClient;
  readonly #readers: ClickHouseClient[];
  #next = 0;

  private constructor(path: string) {
    // The two packages carry separate copies of the same interface, which TypeScript holds apart.
    const open = (): ClickHouseClient =>
      createClient({ connection: createChdbConnection({ path }) as never });
    this.#writer = open();
    this.#readers = Array.from({ length: READERS }, open);
  }

  static async open(path: string): Promise<ClickHouse> {
    const store = new ClickHouse(path);
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

  /** Statements of our own making only. */
  async command(sql: string): Promise<void> {
    await guarded(() => this.#writer.command({ query: sql }));
  }

  /** Inserts lines of JSONEachRow; the same token twice inserts once. */
  async insert(table: TableName, lines: readonly string[], token: string): Promise<void> {
    if (lines.length === 0) return;
    await guarded(() =>
      this.#writer.command({
        query: `INSERT INTO ${table} FORMAT JSONEachRow\n${lines.join('\n')}`,
        clickhouse_settings: {
          insert_deduplication_token: token,
          date_time_input_format: 'best_effort',
          max_insert_block_size: '1000000',
          input_format_parallel_parsing: 0,
        },
      }),
    );
  }

  async query<Row>(statement: Statement): Promise<Row[]> {
    const reader = this.#readers[this.#next++ % READERS] as ClickHouseClient;
    return guarded(async () => {
      const result = await reader.query({
        query: statement.sql,
        query_params: { ...statement.params },
        format: 'JSONEachRow',
        clickhouse_settings: READ_SETTINGS,
      });
      return (await result.json()) as Row[];
    });
  }

  async close(): Promise<void> {
    for (const client of [this.#writer, ...this.#readers]) await client.close();
  }
}

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
