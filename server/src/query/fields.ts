import { type TableName, tableOf } from '../store/tables.js';

export type FieldType = 'string' | 'number' | 'time' | 'text';

export interface Field {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: FieldType;
  readonly description: string;
  /** Column (or constant) per table; a table without one has no such records. */
  readonly column: Readonly<Partial<Record<TableName, string>>>;
  /** Compared without regard to case. */
  readonly folded?: boolean;
}

const both = (column: string): Field['column'] => ({ events: column, logs: column });
/** The first of two of the record's own fields that is there. */
const either = (first: string, second: string): string =>
  `if(fields['${first}'] != '', fields['${first}'], fields['${second}'])`;
const define = (
  name: string,
  column: Field['column'],
  description: string,
  aliases: string[] = [],
  type: FieldType = 'string',
): Field => ({
  name,
  aliases,
  type,
  description,
  column,
});

/** Everything that can be asked for by name. Identifiers in SQL come from here and nowhere else. */
export const FIELDS: readonly Field[] = [
  define('event_id', both('event_id'), 'Id of the record', ['id']),
  define('stream', both('stream'), 'Stream the record belongs to'),
  define('occurred_at', both('occurred_at'), 'When it happened', ['timestamp', 'time', '@timestamp'], 'time'),
  define('recorded_at', both('recorded_at'), 'When it was taken in', [], 'time'),
  define('hash', both('hash'), 'Hash of the record', ['integrity.hash']),
  define('request_id', both('request_id'), 'Request', ['correlation.request_id', 'requestId']),
  define('trace_id', both('trace_id'), 'W3C trace', ['correlation.trace_id', 'traceId', 'trace']),
  define('span_id', both('span_id'), 'Span', ['correlation.span_id', 'spanId']),
  define('job_id', both('job_id'), 'Batch or background job', ['correlation.job_id', 'jobId']),
  define('session_id', both('session_id'), 'Session', ['correlation.session_id', 'sessionId', 'session']),
  define('correlation_id', both('correlation_id'), 'Correlation', [
    'correlation.correlation_id',
    'correlationId',
  ]),
  define('event_type', { events: 'event_type', logs: "'log'" }, 'Kind of event', ['type']),
  define('action', { events: 'action' }, 'What was done'),
  {
    ...define('result', { events: 'result' }, 'success, failure, denied or pending', ['outcome']),
    folded: true,
  },
  define('corrects', { events: 'corrects' }, 'Record that this one corrects'),
  define('reason', { events: 'reason' }, 'Why, as a code'),
  define('actor.id', { events: 'actor_id' }, 'Who did it: a pseudonym; the real id is looked up', [
    'actor',
    'actor_id',
  ]),
  define('actor.type', { events: 'actor_type' }, 'user, service or system', ['actor_type']),
  define('actor.role', { events: 'actor_role' }, 'Role of the actor', ['role', 'actor_role']),
  define('actor.ip', { events: 'actor_ip' }, 'Network of the actor', ['ip', 'actor_ip']),
  define(
    'country',
    { events: either('actor.country', 'country'), logs: either('clientCountry', 'country') },
    'Country (ISO 3166-1) that the address lay in, else the one the record gives',
  ),
  define('entity.id', { events: 'entity_id' }, 'What it was done to', ['entity', 'entity_id']),
  define('entity.type', { events: 'entity_type' }, 'Kind of thing it was done to', ['entity_type']),
  {
    ...define('level', { logs: 'level' }, 'DEBUG, INFO, WARN, ERROR or CRITICAL', ['severity']),
    folded: true,
  },
  define('service', { logs: 'service' }, 'Service that logged', [
    'serviceName',
    'service.name',
    'service_name',
  ]),
  define('logger', { logs: 'logger' }, 'Logger', ['loggerName']),
  define('thread', { logs: 'thread' }, 'Thread', ['threadName']),
  define('host', { logs: 'host' }, 'Host', ['hostName', 'host.name']),
  ...['namespace', 'pod', 'node', 'container', 'deployment'].map((name) =>
    define(name, both(either(name, `k8s.${name}.name`)), `Kubernetes ${name}`, [`k8s.${name}.name`]),
  ),
  define('environment', { logs: 'environment' }, 'Environment', ['env']),
  { ...define('method', { logs: 'method' }, 'HTTP method', ['requestMethod']), folded: true },
  define('path', { logs: 'path' }, 'HTTP path', ['requestPath']),
  define('status', { logs: 'status' }, 'HTTP status', ['responseStatus', 'status_code'], 'number'),
  define(
    'duration_ms',
    { logs: 'duration_ms' },
    'Milliseconds it took',
    ['durationMs', 'duration'],
    'number',
  ),
  define('error_type', { logs: 'error_type' }, 'Class of the error', ['errorType', 'error', 'exception']),
  define('user_id', { logs: 'user_id' }, 'Person concerned: a pseudonym; the real id is looked up', [
    'userId',
    'user',
  ]),
  define('message', both('body'), 'Free text', ['text', 'body', 'stackTrace'], 'text'),
];

const BY_NAME = new Map(
  FIELDS.flatMap((f) => [f.name, ...f.aliases].map((name): [string, Field] => [name, f])),
);

export const fieldNamed = (name: string): Field | undefined => BY_NAME.get(name);

/** Columns a bare id is looked for in. */
export const ID_FIELDS = [
  'event_id',
  'request_id',
  'trace_id',
  'correlation_id',
  'job_id',
  'session_id',
] as const;

/** The tables that hold the streams. */
export function tablesOf(streams: readonly string[]): TableName[] {
  return [...new Set(streams.map(tableOf))].sort();
}
