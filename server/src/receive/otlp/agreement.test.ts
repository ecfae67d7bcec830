import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLogsJson } from './decode-json.js';
import { decodeLogsProtobuf } from './decode-protobuf.js';
import type { OtlpAttributes, OtlpLog, OtlpValue } from './model.js';
import { request } from './testdata/schema.js';

const decodeText = (text: string): OtlpLog[] => decodeLogsJson(Buffer.from(text));

/** Requests are generated as what should come out of the decoders, and written from there in both encodings. */
type Log = Omit<OtlpLog, 'resource' | 'scopeName' | 'scopeVersion' | 'scopeAttributes'>;
type Scope = Pick<OtlpLog, 'scopeName' | 'scopeVersion' | 'scopeAttributes'> & { logs: Log[] };
interface Group {
  resource: OtlpAttributes;
  scopes: Scope[];
}

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const key = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', ''));
const int64 = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
/** No whole doubles: as numbers they could not be told from integers when the request is written. */
const leaf: fc.Arbitrary<OtlpValue> = fc.oneof(
  fc.constant(undefined),
  text,
  fc.boolean(),
  int64,
  fc.integer(),
  fc.double().filter((value) => !Number.isInteger(value)),
  fc.uint8Array({ maxLength: 20 }),
);
const { value } = fc.letrec<{ value: OtlpValue; map: OtlpAttributes }>((tie) => ({
  value: fc.oneof({ maxDepth: 5 }, leaf, fc.array(tie('value'), { maxLength: 4 }), tie('map')),
  map: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
}));
const attributes: fc.Arbitrary<OtlpAttributes> = fc
  .array(fc.tuple(key, value), { maxLength: 9 })
  .map((pairs) => new Map(pairs));
const idOf = (bytes: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(''),
    fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => {
      const hex = Buffer.from(id).toString('hex');
      return /[^0]/.test(hex) ? hex : '';
    }),
  );
const log: fc.Arbitrary<Log> = fc.record({
  timeUnixNano: uint64,
  observedTimeUnixNano: uint64,
  severityNumber: fc.oneof(
    fc.integer({ min: 0, max: 24 }),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  ),
  severityText: text,
  body: value,
  attributes,
  traceId: idOf(16),
  spanId: idOf(8),
  eventName: text,
  flags: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});
const scope: fc.Arbitrary<Scope> = fc.record({
  scopeName: text,
  scopeVersion: text,
  scopeAttributes: attributes,
  logs: fc.array(log, { maxLength: 4 }),
});
const groups: fc.Arbitrary<Group[]> = fc.array(
  fc.record({ resource: attributes, scopes: fc.array(scope, { maxLength: 3 }) }),
  { maxLength: 3 },
);

interface Style {
  id(hex: string): unknown;
  bytes(bytes: Uint8Array): unknown;
  /** Numbers where JSON may have either a number or a string. */
  int(value: number | bigint): unknown;
  double(value: number): unknown;
}

const PROTOBUF: Style = {
  id: (hex) => Buffer.from(hex, 'hex'),
  bytes: (bytes) => bytes,
  int: String,
  double: (value) => value,
};
const JSON_STRINGS: Style = {
  id: (hex) => hex.toUpperCase(),
  bytes: (bytes) => Buffer.from(bytes).toString('base64'),
  int: String,
  double: (value) => (Number.isFinite(value) ? value : String(value)),
};
const JSON_NUMBERS: Style = {
  ...JSON_STRINGS,
  id: (hex) => hex,
  bytes: (bytes) => Buffer.from(bytes).toString('base64url'),
  int: (value) => (typeof value === 'number' ? value : String(value)),
};

function anyValue(item: OtlpValue, style: Style): object {
  if (item === undefined) return {};
  if (typeof item === 'string') return { stringValue: item };
  if (typeof item === 'boolean') return { boolValue: item };
  if (typeof item === 'bigint') return { intValue: style.int(item) };
  if (typeof item === 'number')
    return Number.isInteger(item) ? { intValue: style.int(item) } : { doubleValue: style.double(item) };
  if (item instanceof Uint8Array) return { bytesValue: style.bytes(item) };
  if (Array.isArray(item)) return { arrayValue: { values: item.map((entry) => anyValue(entry, style)) } };
  return { kvlistValue: { values: pairs(item, style) } };
}

const pairs = (map: OtlpAttributes, style: Style): object[] =>
  [...map].map(([name, item]) => ({ key: name, value: anyValue(item, style) }));

const message = (list: Group[], style: Style, extra: object = {}): object => ({
  resourceLogs: list.map(({ resource, scopes }) => ({
    resource: { attributes: pairs(resource, style) },
    scopeLogs: scopes.map((item) => ({
      scope: {
        name: item.scopeName,
        version: item.scopeVersion,
        attributes: pairs(item.scopeAttributes, style),
      },
      logRecords: item.logs.map((record) => ({
        ...record,
        timeUnixNano: String(record.timeUnixNano),
        observedTimeUnixNano: String(record.observedTimeUnixNano),
        traceId: style.id(record.traceId),
        spanId: style.id(record.spanId),
        body: anyValue(record.body, style),
        attributes: pairs(record.attributes, style),
        ...extra,
      })),
    })),
  })),
});

const expected = (list: Group[]): OtlpLog[] =>
  list.flatMap(({ resource, scopes }) =>
    scopes.flatMap(({ logs, ...rest }) => logs.map((record) => ({ ...record, ...rest, resource }))),
  );

describe('generated requests', () => {
  it('are read from protobuf as protobufjs wrote them', () => {
    fc.assert(
      fc.property(groups, (list) => {
        expect(decodeLogsProtobuf(request.encode(message(list, PROTOBUF)))).toStrictEqual(expected(list));
      }),
      { numRuns: 400 },
    );
  });

  it.each([JSON_STRINGS, JSON_NUMBERS])('are read from JSON to the same records', (style) => {
    fc.assert(
      fc.property(groups, (list) => {
        expect(decodeText(JSON.stringify(message(list, style)))).toStrictEqual(expected(list));
      }),
      { numRuns: 300 },
    );
  });

  it('keep their meaning when a later version adds fields', () => {
    const extra = fc.record({
      laterText: text,
      laterNumber: int64.map(String),
      laterFixed32: fc.nat(),
      laterFixed64: uint64.map(String),
      laterMessage: value.map((item) => anyValue(item, PROTOBUF)),
      droppedAttributesCount: fc.nat(),
    });
    fc.assert(
      fc.property(groups, extra, (list, later) => {
        const bytes = request.encode(message(list, PROTOBUF, later));
        expect(decodeLogsProtobuf(bytes)).toStrictEqual(expected(list));
        const json = JSON.stringify(message(list, JSON_STRINGS, { ...later, unknown: [{ deep: null }] }));
        expect(decodeText(json)).toStrictEqual(expected(list));
      }),
      { numRuns: 150 },
    );
  });

  it.each([-(2n ** 63n), -(2n ** 53n) - 1n, -(2n ** 53n), 2n ** 53n, 2n ** 63n - 1n])(
    'keep %s, which is no safe number, as a bigint',
    (int) => {
      const list = (style: Style): object => ({
        resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: anyValue(int, style) }] }] }],
      });
      expect(decodeLogsProtobuf(request.encode(list(PROTOBUF)))[0]?.body).toBe(int);
      expect(decodeText(JSON.stringify(list(JSON_STRINGS)))[0]?.body).toBe(int);
    },
  );

  it.each([-(2 ** 53) + 1, -1, 0, 2 ** 32, 2 ** 53 - 1])('keep %s as a number', (int) => {
    const list = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { intValue: String(int) } }] }] }] };
    expect(decodeLogsProtobuf(request.encode(list))[0]?.body).toBe(int);
    expect(decodeText(JSON.stringify(list))[0]?.body).toBe(int);
  });
});
