/**
 * Tables of the search store. Tenant first in every key: other tenants' data is never even read. Partitioned by
 * the time of recording, which is ours; a sender's times could scatter one insert over a thousand partitions.
 * Within a tenant a block holds about an hour: a time range prunes, and one insert touches few ranges.
 */
export interface Column {
  readonly name: string;
  readonly type: string;
}

const text = (name: string): Column => ({ name, type: 'String' });
const low = (name: string): Column => ({ name, type: 'LowCardinality(String)' });
const time = (name: string): Column => ({ name, type: "DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1))" });

const SHARED_HEAD: readonly Column[] = [
  low('tenant'),
  low('stream'),
  text('event_id'),
  time('occurred_at'),
  time('recorded_at'),
];
const CORRELATION: readonly Column[] = [
  'request_id',
  'trace_id',
  'span_id',
  'job_id',
  'session_id',
  'correlation_id',
].map(text);
const SHARED_TAIL: readonly Column[] = [
  { name: 'leaf', type: 'UInt64 CODEC(Delta(8), ZSTD(1))' },
  { name: 'slot', type: 'UInt32' },
  text('hash'),
  { name: 'record', type: 'String CODEC(ZSTD(1))' },
];

export const EVENT_COLUMNS: readonly Column[] = [
  ...SHARED_HEAD,
  ...['event_type', 'action', 'result', 'actor_type', 'actor_role', 'entity_type'].map(low),
  ...['reason', 'actor_id', 'actor_ip', 'entity_id', 'corrects'].map(text),
  ...CORRELATION,
  { name: 'fields', type: 'Map(LowCardinality(String), String)' },
  text('body'),
  ...SHARED_TAIL,
];

export const LOG_COLUMNS: readonly Column[] = [
  ...SHARED_HEAD,
  ...['level', 'service', 'logger', 'thread', 'host', 'environment', 'method'].map(low),
  ...['user_id', 'path', 'error_type'].map(text),
  { name: 'status', type: 'UInt16' },
  { name: 'duration_ms', type: 'Float64' },
  ...CORRELATION,
  { name: 'fields', type: 'Map(LowCardinality(String), String)' },
  text('body'),
  ...SHARED_TAIL,
];

export type TableName = 'events' | 'logs';

export const TABLES: Readonly<Record<TableName, readonly Column[]>> = {
  events: EVENT_COLUMNS,
  logs: LOG_COLUMNS,
};

/** Expression the text index is built on; a query must use the very same one to be served by it. */
export const BODY = 'lower(body)';

/** The statement that makes a table. */
export function ddl(name: TableName): string {
  const columns = TABLES[name].map((c) => `${c.name} ${c.type}`);
  const indexes = [
    `INDEX body_words ${BODY} TYPE text(tokenizer = 'splitByNonAlpha')`,
    'INDEX leaf_range leaf TYPE minmax GRANULARITY 1',
    // Hardly any record is a correction: this tells the stretches that hold none.
    ...(name === 'events' ? ['INDEX corrects_set corrects TYPE set(16) GRANULARITY 1'] : []),
    ...['event_id', 'request_id', 'trace_id', 'correlation_id', 'job_id', 'session_id'].map(
      (id) => `INDEX ${id}_bloom ${id} TYPE bloom_filter(0.01) GRANULARITY 4`,
    ),
  ];
  return `CREATE TABLE IF NOT EXISTS ${name} (${[...columns, ...indexes].join(', ')})
ENGINE = MergeTree PARTITION BY toYYYYMM(recorded_at)
ORDER BY (tenant, stream, toStartOfHour(occurred_at), occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 4096, min_bytes_for_wide_part = 67108864`;
}

/** The table in which a stream's records are. */
export const tableOf = (stream: string): TableName => (stream === 'logs' ? 'logs' : 'events');
