import { Failure } from '../../base/errors.js';
import type { LogInput, WireAttributes, WireValue } from '../../event/log-input.js';
import { idOf, integer } from './protobuf.js';

/** OTLP/JSON (opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): camel case, hex ids, 64-bit numbers as texts. */
const MAX_DEPTH = 32;

type Members = ReadonlyMap<string, unknown>;

const wrong = (): Failure => new Failure('malformed_json', 'The JSON is not an OTLP logs request.');

/** Own members only, in a Map: a key named __proto__ is nothing special. Unknown members are ignored. */
function members(value: unknown): Members {
  if (value === undefined || value === null) return new Map();
  if (typeof value !== 'object' || Array.isArray(value)) throw wrong();
  return new Map(Object.entries(value));
}

function list(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrong();
  return value;
}

function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw wrong();
  return value;
}

function big(value: unknown): bigint {
  if (value === undefined || value === null || value === '') return 0n;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw wrong();
}

/** ExportLogsServiceRequest in JSON → its log records. @throws Failure `malformed_json`, `too_deep`. */
export function decodeLogsJson(body: string): LogInput[] {
  let root: unknown;
  try {
    root = JSON.parse(body);
  } catch {
    throw new Failure('malformed_json', 'The body is not JSON.');
  }
  return list(members(root).get('resourceLogs')).flatMap((entry) => {
    const group = members(entry);
    const resource = attributes(members(group.get('resource')).get('attributes'), 0);
    return list(group.get('scopeLogs')).flatMap((scope) => scopeLogs(members(scope), resource));
  });
}

function scopeLogs(scope: Members, resource: WireAttributes): LogInput[] {
  const scopeName = text(members(scope.get('scope')).get('name'));
  return list(scope.get('logRecords')).map((entry) => {
    const log = members(entry);
    return {
      timeUnixNano: big(log.get('timeUnixNano')),
      observedTimeUnixNano: big(log.get('observedTimeUnixNano')),
      severityNumber: Number(big(log.get('severityNumber'))),
      severityText: text(log.get('severityText')),
      body: anyValue(log.get('body'), 0),
      attributes: attributes(log.get('attributes'), 0),
      resource,
      scopeName,
      traceId: idOf(text(log.get('traceId')).toLowerCase(), 32),
      spanId: idOf(text(log.get('spanId')).toLowerCase(), 16),
      eventName: text(log.get('eventName')),
    };
  });
}

function attributes(value: unknown, depth: number): WireAttributes {
  const map: WireAttributes = new Map();
  for (const entry of list(value)) {
    const pair = members(entry);
    map.set(text(pair.get('key')), anyValue(pair.get('value'), depth));
  }
  return map;
}

function anyValue(value: unknown, depth: number): WireValue {
  if (depth > MAX_DEPTH) throw new Failure('too_deep', `Values may be nested at most ${MAX_DEPTH} deep.`);
  for (const [kind, content] of members(value)) {
    const read = KINDS.get(kind);
    if (read !== undefined) return read(content, depth);
  }
  return undefined;
}

const KINDS: ReadonlyMap<string, (value: unknown, depth: number) => WireValue> = new Map<
  string,
  (value: unknown, depth: number) => WireValue
>([
  ['stringValue', (v) => text(v)],
  ['boolValue', (v) => v === true],
  ['intValue', (v) => integer(big(v))],
  ['doubleValue', (v) => Number(v)],
  ['arrayValue', (v, depth) => list(members(v).get('values')).map((item) => anyValue(item, depth + 1))],
  ['kvlistValue', (v, depth) => attributes(members(v).get('values'), depth + 1)],
  ['bytesValue', (v) => Buffer.from(text(v), 'base64')],
]);
