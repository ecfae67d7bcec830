import {
  checkRecords,
  emptyLog,
  idOf,
  type LogDraft,
  NO_ATTRIBUTES,
  type OtlpAttributes,
  type OtlpLog,
} from './model.js';
import { Reader, WIRE } from './reader.js';
import { readKeyValue, readValue } from './value-protobuf.js';

/** Field numbers of opentelemetry/proto/{collector/logs,logs,resource,common}/v1, with their wire types. */
const bytes = (field: number): number => field * 8 + WIRE.bytes;
const FIRST = bytes(1);
const SECOND = bytes(2);
const ATTRIBUTES_OF_SCOPE = bytes(3);
const LOG = {
  time: 1 * 8 + WIRE.fixed64,
  severityNumber: 2 * 8 + WIRE.varint,
  severityText: bytes(3),
  body: bytes(5),
  attributes: bytes(6),
  flags: 8 * 8 + WIRE.fixed32,
  traceId: bytes(9),
  spanId: bytes(10),
  observedTime: 11 * 8 + WIRE.fixed64,
  eventName: bytes(12),
} as const;

/** A bit for each field number that a message uses, for `Reader.skip`. */
const mask = (...fields: number[]): number => fields.reduce((bits, field) => bits | (1 << field), 0);
const KNOWN_ONE = mask(1);
const KNOWN_TWO = mask(1, 2);
const KNOWN_SCOPE = mask(1, 2, 3);
const KNOWN_LOG = mask(1, 2, 3, 5, 6, 8, 9, 10, 11, 12);

/**
 * ExportLogsServiceRequest → its log records, in order. Unknown fields are passed over, of fields that come twice
 * the last one counts, and the fields of a message may stand in any order.
 * @throws OtlpDecodeError `malformed_protobuf`, `too_deep`, `body_too_large`.
 */
export function decodeLogsProtobuf(body: Uint8Array): OtlpLog[] {
  const logs: LogDraft[] = [];
  const r = new Reader(body);
  while (r.more()) {
    const tag = r.tag();
    if (tag === FIRST) readResourceLogs(r, logs);
    else r.skip(tag, KNOWN_ONE);
  }
  return logs;
}

/** The map is shared by all records, so it does not matter whether the resource stands before or behind them. */
function readResourceLogs(r: Reader, logs: LogDraft[]): void {
  const resource: OtlpAttributes = new Map();
  const outer = r.enter();
  while (r.more()) {
    const tag = r.tag();
    if (tag === FIRST) readResource(r, resource);
    else if (tag === SECOND) readScopeLogs(r, resource, logs);
    else r.skip(tag, KNOWN_TWO);
  }
  r.leave(outer);
}

function readResource(r: Reader, into: OtlpAttributes): void {
  const outer = r.enter();
  while (r.more()) {
    const tag = r.tag();
    if (tag === FIRST) readKeyValue(r, into, 0);
    else r.skip(tag, KNOWN_ONE);
  }
  r.leave(outer);
}

interface Scope {
  name: string;
  version: string;
  readonly attributes: OtlpAttributes;
}

/** Name and version are given to the records at the end, because the scope may stand behind them. */
function readScopeLogs(r: Reader, resource: OtlpAttributes, logs: LogDraft[]): void {
  const scope: Scope = { name: '', version: '', attributes: new Map() };
  const first = logs.length;
  const outer = r.enter();
  while (r.more()) {
    const tag = r.tag();
    if (tag === FIRST) readScope(r, scope);
    else if (tag === SECOND) {
      checkRecords(logs.length + 1);
      logs.push(readLog(r, emptyLog(resource, scope.attributes)));
    } else r.skip(tag, KNOWN_TWO);
  }
  r.leave(outer);
  for (let i = first; i < logs.length; i++) {
    const log = logs[i] as LogDraft;
    log.scopeName = scope.name;
    log.scopeVersion = scope.version;
  }
}

function readScope(r: Reader, scope: Scope): void {
  const outer = r.enter();
  while (r.more()) {
    const tag = r.tag();
    if (tag === FIRST) scope.name = r.string();
    else if (tag === SECOND) scope.version = r.string();
    else if (tag === ATTRIBUTES_OF_SCOPE) readKeyValue(r, scope.attributes, 0);
    else r.skip(tag, KNOWN_SCOPE);
  }
  r.leave(outer);
}

function readLog(r: Reader, log: LogDraft): LogDraft {
  const outer = r.enter();
  while (r.more()) {
    const tag = r.tag();
    if (tag === LOG.attributes) {
      if (log.attributes === NO_ATTRIBUTES) log.attributes = new Map();
      readKeyValue(r, log.attributes, 0);
    } else readLogField(r, tag, log);
  }
  r.leave(outer);
  return log;
}

function readLogField(r: Reader, tag: number, log: LogDraft): void {
  if (tag === LOG.time) log.timeUnixNano = r.fixed64();
  else if (tag === LOG.observedTime) log.observedTimeUnixNano = r.fixed64();
  else if (tag === LOG.severityNumber) log.severityNumber = r.int32();
  else if (tag === LOG.severityText) log.severityText = r.string();
  else if (tag === LOG.body) log.body = readValue(r, 0);
  else if (tag === LOG.traceId) log.traceId = idOf(r.hex(), 32);
  else if (tag === LOG.spanId) log.spanId = idOf(r.hex(), 16);
  else if (tag === LOG.flags) log.flags = r.fixed32();
  else if (tag === LOG.eventName) log.eventName = r.string();
  else r.skip(tag, KNOWN_LOG);
}
