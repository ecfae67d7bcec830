import { isUtf8 } from 'node:buffer';
import { JsonError } from '@prooflog/proof';
import { readStrict } from '../json/read.js';
import { bounds, scan } from '../json/scan.js';
import * as json from './json-members.js';
import {
  checkRecords,
  emptyLog,
  idOf,
  type LogDraft,
  NO_ATTRIBUTES,
  OTLP_LIMITS,
  type OtlpAttributes,
  OtlpDecodeError,
  type OtlpLog,
  type OtlpValue,
  tooDeep,
} from './model.js';

/** Room for values nested as deep as the protobuf may be: four levels of JSON each, and those around them. */
const JSON_DEPTH = 4 * OTLP_LIMITS.depth + 64;

/** The one place where JSON text is parsed: as strictly as that of events, but for what the JavaScript SDK sends. */
function parse(body: Buffer): unknown {
  if (!isUtf8(body)) throw new OtlpDecodeError('not_utf8', 'The body is not UTF-8.');
  const slice = scan(body, ...bounds(body));
  if (slice === null) throw new OtlpDecodeError('malformed_json', 'The body is not JSON.');
  try {
    return readStrict(body, slice, { maxDepth: JSON_DEPTH, foreign: true });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new OtlpDecodeError(
      error.code,
      `The body is not acceptable JSON: ${error.code} at offset ${error.offset}.`,
    );
  }
}

/**
 * ExportLogsServiceRequest in OTLP/JSON (opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding) → its log
 * records, in order: camel case, ids in hex, 64-bit integers as strings or exact numbers, unknown members ignored.
 * @throws OtlpDecodeError `malformed_json`, `duplicate_key`, `not_utf8`, `too_deep`, `body_too_large`.
 */
export function decodeLogsJson(body: Buffer): OtlpLog[] {
  const root = parse(body);
  if (root === null) throw json.notOtlp();
  const logs: LogDraft[] = [];
  for (const entry of json.asList(json.own(json.asObject(root), 'resourceLogs'))) {
    const group = json.asObject(entry);
    const resource = attributesOf(json.asObject(json.own(group, 'resource')), 'attributes', 0);
    for (const scopeLogs of json.asList(json.own(group, 'scopeLogs')))
      readScopeLogs(json.asObject(scopeLogs), resource, logs);
  }
  return logs;
}

function readScopeLogs(group: json.JsonObject, resource: OtlpAttributes, logs: LogDraft[]): void {
  const scope = json.asObject(json.own(group, 'scope'));
  const scopeName = json.asText(json.own(scope, 'name'));
  const scopeVersion = json.asText(json.own(scope, 'version'));
  const scopeAttributes = attributesOf(scope, 'attributes', 0);
  const records = json.asList(json.own(group, 'logRecords'));
  checkRecords(logs.length + records.length);
  for (const entry of records) {
    const log = emptyLog(resource, scopeAttributes);
    log.scopeName = scopeName;
    log.scopeVersion = scopeVersion;
    readLog(json.asObject(entry), log);
    logs.push(log);
  }
}

function readLog(record: json.JsonObject, log: LogDraft): void {
  log.timeUnixNano = json.asUint64(json.own(record, 'timeUnixNano'));
  log.observedTimeUnixNano = json.asUint64(json.own(record, 'observedTimeUnixNano'));
  log.severityNumber = json.asInt32(json.own(record, 'severityNumber'));
  log.severityText = json.asText(json.own(record, 'severityText'));
  log.body = readValue(json.own(record, 'body'), 0);
  log.attributes = attributesOf(record, 'attributes', 0);
  log.traceId = idOf(json.asHex(json.own(record, 'traceId')), 32);
  log.spanId = idOf(json.asHex(json.own(record, 'spanId')), 16);
  log.eventName = json.asText(json.own(record, 'eventName'));
  log.flags = json.asInt32(json.own(record, 'flags'));
}

function attributesOf(object: json.JsonObject, name: string, depth: number): OtlpAttributes {
  const entries = json.asList(json.own(object, name));
  if (entries.length === 0) return NO_ATTRIBUTES;
  const map: OtlpAttributes = new Map();
  for (const entry of entries) {
    const pair = json.asObject(entry);
    map.set(json.asText(json.own(pair, 'key')), readValue(json.own(pair, 'value'), depth));
  }
  return map;
}

/** An AnyValue inside of `depth` lists and maps. */
function readValue(value: unknown, depth: number): OtlpValue {
  if (depth > OTLP_LIMITS.depth) throw tooDeep();
  const object = json.asObject(value);
  for (const [name, read] of KINDS) {
    const content = json.own(object, name);
    if (content !== undefined) return read(content, depth + 1);
  }
  return undefined;
}

const KINDS: readonly (readonly [string, (content: unknown, depth: number) => OtlpValue])[] = [
  ['stringValue', json.asText],
  ['intValue', json.asInt64],
  ['boolValue', json.asBool],
  ['doubleValue', json.asDouble],
  ['arrayValue', (content, depth) => listOf(json.asObject(content), depth)],
  ['kvlistValue', (content, depth) => attributesOf(json.asObject(content), 'values', depth)],
  ['bytesValue', json.asBytes],
];

const listOf = (array: json.JsonObject, depth: number): OtlpValue[] =>
  json.asList(json.own(array, 'values')).map((item) => readValue(item, depth));
