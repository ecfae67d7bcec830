import { describe, expect, it } from 'vitest';
import { decodeLogsJson } from './decode-json.js';
import type { OtlpLog } from './model.js';

const request = (record: string): string => `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`;
const decode = (record: string): OtlpLog => decodeLogsJson(request(record))[0] as OtlpLog;
const body = (value: string): unknown => decode(`{"body":${value}}`).body;
const MALFORMED = expect.objectContaining({ code: 'malformed_json' });

describe('decodeLogsJson', () => {
  it('takes null for absent everywhere', () => {
    expect(decodeLogsJson('{}')).toEqual([]);
    expect(decodeLogsJson('{"resourceLogs":null}')).toEqual([]);
    expect(decodeLogsJson('{"resourceLogs":[null,{"resource":null,"scopeLogs":null}]}')).toEqual([]);
    const nothing = decode('{}');
    const names = Object.keys(nothing).filter((name) => !name.startsWith('scope') && name !== 'resource');
    expect(decode(`{${names.map((name) => `"${name}":null`).join(',')}}`)).toEqual(nothing);
    expect(decode('null')).toEqual(nothing);
    expect(body('{"stringValue":null,"intValue":"5"}')).toBe(5);
    expect(decode('{"attributes":[{"key":"k","value":null},null]}').attributes).toEqual(
      new Map([
        ['k', undefined],
        ['', undefined],
      ]),
    );
  });

  it('reads 64-bit integers from strings and numbers', () => {
    expect(decode('{"timeUnixNano":"1790000000123456789"}').timeUnixNano).toBe(1790000000123456789n);
    expect(decode('{"timeUnixNano":17}').timeUnixNano).toBe(17n);
    expect(body('{"intValue":"-9223372036854775808"}')).toBe(-(2n ** 63n));
    expect(body('{"intValue":-12}')).toBe(-12);
    expect(Object.is(body('{"intValue":-0}'), 0)).toBe(true);
  });

  it('keeps a whole number beyond int64, which the JavaScript SDK sends as intValue', () => {
    expect(body('{"intValue":1e300}')).toBe(1e300);
    expect(body('{"intValue":9223372036854775808}')).toBe(2 ** 63);
  });

  it('reads ids in both cases and drops what is no id', () => {
    expect(decode(`{"traceId":"${'AB'.repeat(16)}"}`).traceId).toBe('ab'.repeat(16));
    expect(decode(`{"traceId":"${'zz'.repeat(16)}"}`).traceId).toBe('');
    expect(decode(`{"traceId":"${'00'.repeat(16)}"}`).traceId).toBe('');
    expect(decode('{"spanId":"ab"}').spanId).toBe('');
  });

  it('reads doubles that JSON has no number for', () => {
    expect(body('{"doubleValue":"NaN"}')).toBeNaN();
    expect(body('{"doubleValue":"-Infinity"}')).toBe(Number.NEGATIVE_INFINITY);
    expect(body('{"doubleValue":"1.5e3"}')).toBe(1500);
    expect(body('{"doubleValue":2}')).toBe(2);
  });

  it('reads base64 in both alphabets, padded or not', () => {
    for (const text of ['+/8=', '-_8=', '-_8'])
      expect(body(`{"bytesValue":"${text}"}`)).toEqual(Uint8Array.of(251, 255));
  });

  it('turns half of a surrogate pair into U+FFFD', () => {
    expect(body('{"stringValue":"a\\ud83d"}')).toBe('a\ufffd');
    expect([...decode('{"attributes":[{"key":"\\udc00"}]}').attributes.keys()]).toEqual(['\ufffd']);
  });

  it.each([
    ['no JSON', '{"a":'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['resourceLogs that are no list', '{"resourceLogs":{}}'],
    ['a record that is a number', request('1')],
    ['a time below zero', request('{"timeUnixNano":"-1"}')],
    ['a time beyond 64 bits', request('{"timeUnixNano":"18446744073709551616"}')],
    ['a time with a fraction', request('{"timeUnixNano":1.5}')],
    ['a severity by name', request('{"severityNumber":"SEVERITY_NUMBER_INFO"}')],
    ['a text that is a number', request('{"severityText":1}')],
    ['an int beyond 64 bits', request('{"body":{"intValue":"9223372036854775808"}}')],
    ['an int with a fraction', request('{"body":{"intValue":1.5}}')],
    ['a bool that is a text', request('{"body":{"boolValue":"true"}}')],
    ['a double that is an object', request('{"body":{"doubleValue":{}}}')],
    ['bytes that are not base64', request('{"body":{"bytesValue":"a*b"}}')],
    ['a bare value', request('{"body":"text"}')],
  ])('refuses %s', (_name, text) => {
    expect(() => decodeLogsJson(text)).toThrow(MALFORMED);
  });
});
