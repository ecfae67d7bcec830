import { leafHash, toHex } from '@prooflog/proof';
import { type Sealed, splitLog } from '../event/stages.js';
import { NativeBlock } from './native.js';
import { TABLES, type TableName } from './tables.js';
import { type Veil, withoutAddresses } from './veil.js';

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
  for (const key of Object.keys(value)) {
    const member = value[key];
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (typeof member === 'object' && member !== null && !Array.isArray(member))
      flatten(member as Json, name, into);
    else into[name] = text(member);
  }
  return into;
}

/** A record taken apart, once, for all its columns. */
interface Parsed {
  readonly sealed: Sealed;
  readonly tenant: string;
  readonly stream: string;
  readonly slot: number;
  /** As sealed. */
  readonly bytes: Uint8Array;
  /** What of them is shown. */
  readonly shown: Uint8Array;
  readonly record: Json;
  readonly correlation: Json;
  /** Events. */
  readonly actor: Json;
  readonly entity: Json;
  /** Logs. */
  readonly data: Json;
  readonly fields: Record<string, string>;
}

type Columns = Readonly<Record<string, (p: Parsed) => unknown>>;

/** ClickHouse keeps milliseconds; the record itself keeps what was sent. */
const millis = (time: unknown): number => Date.parse(text(time));

const SHARED: Columns = {
  tenant: (p) => p.tenant,
  stream: (p) => p.stream,
  event_id: (p) => p.record.event_id,
  occurred_at: (p) => millis(p.record.occurred_at),
  recorded_at: (p) => millis(p.record.recorded_at),
  request_id: (p) => text(p.correlation.request_id),
  trace_id: (p) => text(p.correlation.trace_id),
  span_id: (p) => text(p.correlation.span_id),
  job_id: (p) => text(p.correlation.job_id),
  session_id: (p) => text(p.correlation.session_id),
  correlation_id: (p) => text(p.correlation.correlation_id),
  fields: (p) => p.fields,
  leaf: (p) => p.sealed.leaf,
  slot: (p) => p.slot,
  hash: (p) => toHex(p.bytes === p.sealed.bytes ? p.sealed.hash : leafHash(p.bytes)),
  record: (p) => p.shown,
};

const EVENTS: Columns = {
  ...SHARED,
  fields: ({ fields, actor }) =>
    actor.country === undefined ? fields : { ...fields, 'actor.country': text(actor.country) },
  event_type: (p) => text(p.record.event_type),
  action: (p) => text(p.record.action),
  result: (p) => text(p.record.result),
  actor_type: (p) => text(p.actor.type),
  actor_role: (p) => text(p.actor.role),
  entity_type: (p) => text(p.entity.type),
  reason: (p) => text(p.record.reason),
  actor_id: (p) => text(p.actor.id),
  actor_ip: (p) => text(p.actor.ip),
  entity_id: (p) => text(p.entity.id),
  corrects: (p) => text(p.record.corrects),
  body: ({ record, entity, actor, fields }) =>
    words([
      record.action,
      record.result,
      record.reason,
      entity.type,
      entity.id,
      actor.role,
      ...Object.values(fields),
    ]),
};

const LOGS: Columns = {
  ...SHARED,
  level: (p) => text(p.data.level),
  service: (p) => text(p.data.serviceName),
  logger: (p) => text(p.data.loggerName),
  thread: (p) => text(p.data.threadName),
  host: (p) => text(p.data.hostName),
  environment: (p) => text(p.data.environment),
  method: (p) => text(p.data.requestMethod),
  user_id: (p) => text(p.data.userId),
  path: (p) => text(p.data.requestPath),
  error_type: (p) => text(p.data.errorType),
  status: (p) => Math.min(65_535, Math.max(0, Math.trunc(number(p.data.responseStatus)))),
  duration_ms: (p) => number(p.data.durationMs),
  body: ({ data }) =>
    data.stackTrace === undefined ? text(data.message) : `${text(data.message)}\n${text(data.stackTrace)}`,
};

function words(values: readonly unknown[]): string {
  let out = '';
  for (const value of values) {
    const word = text(value);
    if (word !== '') out += out === '' ? word : ` ${word}`;
  }
  return out;
}

/** Everything a log record says besides its message, under the names one searches by. */
function logFields(data: Json): Record<string, string> {
  const { attributes, message: _message, stackTrace: _stackTrace, ...rest } = data;
  return flatten(object(attributes), '', flatten(rest as Json));
}

/** An empty block for a table. */
export const emptyBlock = (table: TableName): NativeBlock<Parsed> =>
  new NativeBlock(TABLES[table], table === 'logs' ? LOGS : EVENTS);

/** Which of an entry's records become rows, and what of them. */
interface View {
  readonly veil: Veil;
  /** This one and no other. */
  readonly slot?: number;
}

/** Adds the rows of a sealed entry's records to a block of their table. */
export function addRows(block: NativeBlock<Parsed>, sealed: Sealed, { veil, slot: only }: View): void {
  const withheld = new Set(veil.withheld.flatMap(({ leaf, slot }) => (leaf === sealed.leaf ? [slot] : [])));
  for (const [slot, bytes] of sealed.records.entries()) {
    if (only !== undefined && slot !== only) continue;
    const json = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
    if (withheld.has(slot)) block.add(parsed(sealed, slot, known(JSON.parse(json) as Json), NOTHING));
    else if (sealed.leaf < veil.addressesBelow) {
      const clean = withoutAddresses(json);
      block.add(parsed(sealed, slot, JSON.parse(clean) as Json, Buffer.from(clean)));
    } else block.add(parsed(sealed, slot, JSON.parse(json) as Json, bytes));
  }
}

const NOTHING = new Uint8Array();

/** What a row is known by, and nothing that it says. */
const known = ({ event_id, occurred_at, recorded_at }: Json): Json => ({
  event_id,
  occurred_at,
  recorded_at,
});

function parsed(sealed: Sealed, slot: number, record: Json, shown: Uint8Array): Parsed {
  const { tenant, stream } = splitLog(sealed.log);
  const data = object(record.data);
  return {
    ...{ sealed, tenant, stream, slot, record, shown, data },
    bytes: sealed.records[slot] as Uint8Array,
    correlation: object(record.correlation),
    actor: object(record.actor),
    entity: object(record.entity),
    fields: record.data === undefined ? flatten(object(object(record.metadata).details)) : logFields(data),
  };
}
