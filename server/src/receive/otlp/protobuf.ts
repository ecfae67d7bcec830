import { Failure } from '../../base/errors.js';
import type { LogInput, WireAttributes, WireValue } from '../../event/log-input.js';
import { Reader } from './wire.js';

/** opentelemetry/proto/{collector/logs,logs,resource,common}/v1; the numbers are field numbers of those files. */
const MAX_DEPTH = 32;

interface Context {
  readonly resource: WireAttributes;
  scopeName: string;
}

/** Runs `each` over the fields of a message; it returns false for a field it does not know. */
function fields(r: Reader, each: (field: number, type: number) => boolean): void {
  while (r.more) {
    const { field, type } = r.tag();
    if (!each(field, type)) r.skip(type);
  }
}

/** ExportLogsServiceRequest → its log records. @throws Failure `malformed_protobuf`, `too_deep`. */
export function decodeLogsProtobuf(bytes: Buffer): LogInput[] {
  const logs: LogInput[] = [];
  const r = new Reader(bytes);
  fields(r, (field, type) => {
    if (field !== 1) return false;
    r.expect(type, 2);
    resourceLogs(r.message(), logs);
    return true;
  });
  return logs;
}

/** The resource may stand behind the records it belongs to: scopes are read after the whole message was seen. */
function resourceLogs(r: Reader, logs: LogInput[]): void {
  const resource: WireAttributes = new Map();
  const scopes: Reader[] = [];
  fields(r, (field, type) => {
    if (field !== 1 && field !== 2) return false;
    r.expect(type, 2);
    if (field === 2) scopes.push(r.message());
    else attributesOf(r.message(), resource, 1);
    return true;
  });
  for (const scope of scopes) scopeLogs(scope, resource, logs);
}

function scopeLogs(r: Reader, resource: WireAttributes, logs: LogInput[]): void {
  const context: Context = { resource, scopeName: '' };
  const records: Reader[] = [];
  fields(r, (field, type) => {
    if (field !== 1 && field !== 2) return false;
    r.expect(type, 2);
    if (field === 2) records.push(r.message());
    else context.scopeName = nameOf(r.message());
    return true;
  });
  for (const record of records) logs.push(logRecord(record, context));
}

function nameOf(r: Reader): string {
  let name = '';
  fields(r, (field, type) => {
    if (field !== 1) return false;
    r.expect(type, 2);
    name = r.string();
    return true;
  });
  return name;
}

/** KeyValues under one field number of a message. */
function attributesOf(r: Reader, into: WireAttributes, wanted: number): void {
  fields(r, (field, type) => {
    if (field !== wanted) return false;
    r.expect(type, 2);
    keyValue(r.message(), into, 0);
    return true;
  });
}

const WIRE_TYPES: Readonly<Record<number, number>> = {
  1: 1,
  2: 0,
  3: 2,
  5: 2,
  6: 2,
  9: 2,
  10: 2,
  11: 1,
  12: 2,
};

function logRecord(r: Reader, context: Context): LogInput {
  const log = {
    timeUnixNano: 0n,
    observedTimeUnixNano: 0n,
    severityNumber: 0,
    severityText: '',
    body: undefined as WireValue,
    attributes: new Map<string, WireValue>(),
    resource: context.resource,
    scopeName: context.scopeName,
    traceId: '',
    spanId: '',
    eventName: '',
  };
  fields(r, (field, type) => {
    const wanted = WIRE_TYPES[field];
    if (wanted === undefined) return false;
    r.expect(type, wanted);
    if (field === 1) log.timeUnixNano = r.fixed64();
    else if (field === 2) log.severityNumber = r.number();
    else if (field === 3) log.severityText = r.string();
    else if (field === 5) log.body = anyValue(r.message(), 0);
    else if (field === 6) keyValue(r.message(), log.attributes, 0);
    else if (field === 9) log.traceId = idOf(r.hex(), 32);
    else if (field === 10) log.spanId = idOf(r.hex(), 16);
    else if (field === 11) log.observedTimeUnixNano = r.fixed64();
    else log.eventName = r.string();
    return true;
  });
  return log;
}

/** An id of the wrong length or all zeros counts as none (W3C Trace Context §2.2). */
export const idOf = (hex: string, length: number): string =>
  hex.length === length && !/^0+$/.test(hex) ? hex : '';

function keyValue(r: Reader, into: WireAttributes, depth: number): void {
  let key = '';
  let value: WireValue;
  fields(r, (field, type) => {
    if (field !== 1 && field !== 2) return false;
    r.expect(type, 2);
    if (field === 1) key = r.string();
    else value = anyValue(r.message(), depth);
    return true;
  });
  into.set(key, value);
}

function anyValue(r: Reader, depth: number): WireValue {
  if (depth > MAX_DEPTH) throw new Failure('too_deep', `Values may be nested at most ${MAX_DEPTH} deep.`);
  let value: WireValue;
  fields(r, (field, type) => {
    if (field < 1 || field > 7) return false;
    r.expect(type, field === 2 || field === 3 ? 0 : field === 4 ? 1 : 2);
    value = oneOf(r, field, depth);
    return true;
  });
  return value;
}

function oneOf(r: Reader, field: number, depth: number): WireValue {
  switch (field) {
    case 1:
      return r.string();
    case 2:
      return r.varint() !== 0n;
    case 3:
      return integer(BigInt.asIntN(64, r.varint()));
    case 4:
      return r.double();
    case 5:
      return listOf(r.message(), depth);
    case 6: {
      const map: WireAttributes = new Map();
      const inner = r.message();
      fields(inner, (f, type) => {
        if (f !== 1) return false;
        inner.expect(type, 2);
        keyValue(inner.message(), map, depth + 1);
        return true;
      });
      return map;
    }
    default:
      return Buffer.from(r.bytes());
  }
}

function listOf(r: Reader, depth: number): WireValue[] {
  const list: WireValue[] = [];
  fields(r, (field, type) => {
    if (field !== 1) return false;
    r.expect(type, 2);
    list.push(anyValue(r.message(), depth + 1));
    return true;
  });
  return list;
}

export const integer = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
