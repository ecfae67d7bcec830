import type { ErrorCode } from '../../base/errors.js';
import type { LogName, RecordPlace } from '../../event/stages.js';
import type { TableName } from '../tables.js';
import type { Veil } from '../veil.js';

/** A piece of a log to be put into its table, once for each token. */
export interface IndexRange {
  readonly log: LogName;
  readonly table: TableName;
  readonly from: number;
  readonly to: number;
  /** A published size of the log, at least `to`. */
  readonly size: number;
  readonly token: string;
  readonly veil: Veil;
  /** This one record of every leaf and no other. */
  readonly slot?: number;
}

/** A statement with its bound values: `{name:Type}` in the text, never a value. */
export interface Statement {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What the server asks of the store's process. */
export type StoreRequest =
  | ({ readonly kind: 'query' } & Statement)
  | ({ readonly kind: 'index' } & IndexRange)
  | { readonly kind: 'expire'; readonly log: LogName; readonly below: number }
  | { readonly kind: 'withhold'; readonly log: LogName; readonly places: readonly RecordPlace[] }
  | { readonly kind: 'unveil'; readonly log: LogName; readonly place: RecordPlace }
  | { readonly kind: 'anonymise'; readonly log: LogName; readonly from: number; readonly below: number }
  | { readonly kind: 'recreate' };

export interface StoreCall {
  readonly id: number;
  readonly request: StoreRequest;
}

/** `query` answers with lines of JSON, `index` with the number of records, the others with nothing. */
export type StoreAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly code: ErrorCode; readonly message: string };

/** The first message of the process: its tables are open, or why not. */
export const READY = 'ready';
