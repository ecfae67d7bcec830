import { leafHash, toHex } from '@prooflog/proof';
import { type Sealed, splitLog } from '../event/stages.js';
import type { TableName } from './tables.js';

type Json = { readonly [key: string]: unknown };

const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
const text = (value: unknown): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** `a.b` keys of nested objects, values as texts: what `field:value` looks in. */
function flatten(
  value: Json,
  prefix = '',
  into: Record<string, string> = Object.create(null) as Record<string, string>,
): Record<string, string> {
  for (const [key, member] of Object.entries(value)) {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (typeof member === 'object' && member !== null && !Array.isArray(member))
      flatten(member as Json, name, into);
    else into[name] = text(member);
  }
  return into;
}

function correlation(record: Json): Json {
  const c = object(record.correlation);
  return Object.fromEntries(
    ['request_id', 'trace_id', 'span_id', 'job_id', 'session_id', 'correlation_id'].map((id) => [
      id,
      text(c[id]),
    ]),
  );
}

/** ClickHouse keeps milliseconds; the record itself keeps what was sent. */
const millis = (time: unknown): string => text(time).replace(/(\.\d{3})\d*Z$/, '$1Z');

function eventRow(record: Json): Json {
  const actor = object(record.actor);
  const entity = object(record.entity);
  const fields = flatten(object(object(record.metadata).details));
  return {
    event_type: text(record.event_type),
    action: text(record.action),
    result: text(record.result),
    actor_type: text(actor.type),
    actor_role: text(actor.role),
    entity_type: text(entity.type),
    reason: text(record.reason),
    actor_id: text(actor.id),
    actor_ip: text(actor.ip),
    entity_id: text(entity.id),
    fields,
    body: [
      record.action,
      record.result,
      record.reason,
      entity.type,
      entity.id,
      actor.role,
      ...Object.values(fields),
    ]
      .map(text)
      .filter((t) => t !== '')
      .join(' '),
  };
}

function logRow(record: Json): Json {
  const data = object(record.data);
  const { attributes, message, stackTrace, ...rest } = data;
  return {
    level: text(data.level),
    service: text(data.serviceName),
    logger: text(data.loggerName),
    thread: text(data.threadName),
    host: text(data.hostName),
    environment: text(data.environment),
    method: text(data.requestMethod),
    user_id: text(data.userId),
    path: text(data.requestPath),
    error_type: text(data.errorType),
    status: Math.min(65_535, Math.max(0, Math.trunc(number(data.responseStatus)))),
    duration_ms: number(data.durationMs),
    fields: { ...flatten(rest as Json), ...flatten(object(attributes)) },
    body: stackTrace === undefined ? text(message) : `${text(message)}\n${text(stackTrace)}`,
  };
}

/** The lines (JSONEachRow) of a sealed entry's records. */
export function* rowLines(sealed: Sealed, table: TableName): Generator<string> {
  const { tenant, stream } = splitLog(sealed.log);
  for (const [slot, bytes] of sealed.records.entries()) {
    const json = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
    const record = JSON.parse(json) as Json;
    const hash = sealed.records.length === 1 && bytes === sealed.bytes ? sealed.hash : leafHash(bytes);
    yield JSON.stringify({
      tenant,
      stream,
      event_id: record.event_id,
      occurred_at: millis(record.occurred_at),
      recorded_at: record.recorded_at,
      ...(table === 'logs' ? logRow(record) : eventRow(record)),
      ...correlation(record),
      leaf: sealed.leaf,
      slot,
      hash: toHex(hash),
      record: json,
    });
  }
}
