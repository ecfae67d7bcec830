import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeLogsJson } from './decode-json.js';
import { decodeLogsProtobuf } from './decode-protobuf.js';
import { OTLP_LIMITS, OtlpDecodeError, type OtlpLog } from './model.js';

const decodeText = (text: string): OtlpLog[] => decodeLogsJson(Buffer.from(text));

const read = (name: string): Buffer => readFileSync(new URL(`./testdata/${name}`, import.meta.url));
const BIN = read('edges.bin');
const TEXT = read('edges.json').toString();

/** The records, or the error's code; any other error is a failure of the test. */
function outcome(decode: () => OtlpLog[]): OtlpLog[] | string {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof OtlpDecodeError)) throw error;
    expect(error.message).not.toMatch(/shop|Zahlung|polluted|service/);
    return error.code;
  }
}

/** A small seeded generator (mulberry32), so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A length-delimited field; written by hand, for protobufjs recurses and gives up before the depths below. */
function field(number: number, content: Uint8Array): Buffer {
  const length: number[] = [];
  let rest = content.length;
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128);
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length, rest]), content]);
}

const requestOf = (record: Uint8Array): Buffer => field(1, field(2, field(2, record)));

/** A body of `depth` lists inside each other. */
function nestedProtobuf(depth: number): Buffer {
  let value: Buffer = Buffer.alloc(0);
  for (let i = 0; i < depth; i++) value = field(5, field(1, value));
  return requestOf(field(5, value));
}

const nestedJson = (depth: number): string =>
  `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${'{"kvlistValue":{"values":[{"key":"k","value":'.repeat(depth)}{}${'}]}}'.repeat(depth)}}]}]}]}`;

describe('damaged bodies', () => {
  it('cut off at every byte give fewer records or a decode error', () => {
    for (let length = 0; length < BIN.length; length++) {
      const result = outcome(() => decodeLogsProtobuf(BIN.subarray(0, length)));
      if (typeof result !== 'string') expect(result.length).toBeLessThan(4);
      else expect(result).toBe('malformed_protobuf');
    }
    for (let length = 0; length < TEXT.trimEnd().length; length += 7)
      expect(outcome(() => decodeText(TEXT.slice(0, length)))).toBe('malformed_json');
  });

  it('changed in 20,000 random ways never crash or hang', () => {
    const below = random(20_261_121);
    let refused = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(BIN);
      for (let n = 1 + below(4); n > 0; n--) bytes[below(bytes.length)] = below(256);
      if (typeof outcome(() => decodeLogsProtobuf(bytes)) === 'string') refused++;
    }
    // Both ways are taken: many changes hit text, many hit structure.
    expect(refused).toBeGreaterThan(2_000);
    expect(refused).toBeLessThan(19_000);
  });

  it('made of random bytes never crash or hang', () => {
    const below = random(7);
    for (let i = 0; i < 20_000; i++) {
      const bytes = Uint8Array.from({ length: below(64) }, () => below(256));
      outcome(() => decodeLogsProtobuf(bytes));
    }
  });

  it('of changed JSON never crash or hang', () => {
    const below = random(11);
    const parts = ['null', '{}', '[]', '"x"', '-1', '1e400', 'true', '{"values":{}}', '""'];
    for (let i = 0; i < 5_000; i++) {
      const at = below(TEXT.length);
      const part = parts[below(parts.length)] as string;
      const text = TEXT.slice(0, at) + TEXT.slice(at).replace(/(?<=: ?)("[^"]*"|\d+|\[\]|\{\})/, part);
      outcome(() => decodeText(text));
    }
  });
});

describe('depth', () => {
  it.each([
    ['protobuf', (depth: number) => decodeLogsProtobuf(nestedProtobuf(depth))],
    ['JSON', (depth: number) => decodeText(nestedJson(depth))],
  ] as const)('is limited in %s', (_name, decode) => {
    expect(outcome(() => decode(OTLP_LIMITS.depth))).toHaveLength(1);
    expect(outcome(() => decode(OTLP_LIMITS.depth + 1))).toBe('too_deep');
  });

  it('bombs end as decode errors', () => {
    expect(outcome(() => decodeLogsProtobuf(nestedProtobuf(3_000)))).toBe('too_deep');
    expect(outcome(() => decodeText(nestedJson(100_000)))).toBe('too_deep');
    expect(outcome(() => decodeText('['.repeat(1_000_000)))).toBe('too_deep');
    expect(outcome(() => decodeText(`${'['.repeat(200_000)}${']'.repeat(200_000)}`))).toBe('too_deep');
  });
});

describe('amplification', () => {
  it('is bounded: two bytes a record stop at the limit', () => {
    const empty = Buffer.alloc((OTLP_LIMITS.records + 1) * 2);
    for (let i = 0; i < empty.length; i += 2) empty[i] = 0x12;
    expect(outcome(() => decodeLogsProtobuf(field(1, field(2, empty))))).toBe('body_too_large');
  });

  it.each(['0a023200', '0a022a00', '0a023a00'])('is bounded: so do the values %s', (unit) => {
    const values = Buffer.alloc((OTLP_LIMITS.composites + 1) * 4, Buffer.from(unit, 'hex'));
    expect(outcome(() => decodeLogsProtobuf(requestOf(field(5, field(5, values)))))).toBe('body_too_large');
  });

  it('does not come from lengths that lie', () => {
    expect(outcome(() => decodeLogsProtobuf(Buffer.from('0affffffff0f', 'hex')))).toBe('malformed_protobuf');
    // A text that reaches out of its record, over what would be the next one; all else is in order.
    const inner = Buffer.from('0a09 1207 1203 1a0361 1200'.replaceAll(' ', ''), 'hex');
    expect(outcome(() => decodeLogsProtobuf(inner))).toBe('malformed_protobuf');
    inner[7] = 1;
    expect(outcome(() => decodeLogsProtobuf(inner))).toHaveLength(2);
  });
});

describe('names of object prototypes', () => {
  it('stay keys of maps and change no object', () => {
    for (const logs of [decodeLogsProtobuf(BIN), decodeText(TEXT)]) {
      expect(logs[0]?.attributes.get('__proto__')).toBe('polluted');
      expect(logs[0]?.attributes.get('constructor')).toEqual(new Map([['prototype', true]]));
    }
    expect(Object.hasOwn(Object.prototype, 'prototype')).toBe(false);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('do not bring members in from a __proto__ in the JSON', () => {
    const inherited = '{"__proto__":{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}}';
    expect(decodeText(inherited)).toEqual([]);
  });

  it('do not bring members in from a prototype that was changed', () => {
    const logs = [{ scopeLogs: [{ logRecords: [{}] }] }];
    Object.defineProperty(Object.prototype, 'resourceLogs', { value: logs, configurable: true });
    try {
      expect(decodeText('{}')).toEqual([]);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'resourceLogs');
    }
  });
});
