import { describe, expect, it } from 'vitest';
import { LIMITS } from '../http/limits.js';
import { decodeLogsJson } from './decode-json.js';
import type { OtlpLog } from './model.js';

const decodeText = (text: string): OtlpLog[] => decodeLogsJson(Buffer.from(text));

const request = (record: string): string => `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`;
const decode = (record: string): OtlpLog => decodeText(request(record))[0] as OtlpLog;
const body = (value: string): unknown => decode(`{"body":${value}}`).body;
const MALFORMED = expect.objectContaining({ code: 'malformed_json' });

describe('decodeLogsJson', () => {
  it('takes null for absent everywhere', () => {
    expect(decodeText('{}')).toEqual([]);
    expect(decodeText('{"resourceLogs":null}')).toEqual([]);
    expect(decodeText('{"resourceLogs":[null,{"resource":null,"scopeLogs":null}]}')).toEqual([]);
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
    expect(body('{"intValue":-1e21}')).toBe(-1e21);
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

  it.each([
    ['a key that stands twice', '{"severityText":"a","severityText":"b"}', 'duplicate_key'],
    [
      'a key that stands twice, once escaped',
      '{"severityText":"a","severity\\u0054ext":"b"}',
      'duplicate_key',
    ],
  ])('refuses %s', (_name, record, code) => {
    expect(() => decode(record)).toThrow(expect.objectContaining({ code }));
  });

  it('keeps numbers beyond 2^53 exactly, though they are not written as strings', () => {
    expect(decode('{"timeUnixNano":1790000000123456789}').timeUnixNano).toBe(1790000000123456789n);
    expect(body('{"intValue":9007199254740993}')).toBe(9007199254740993n);
    expect(body('{"intValue":9223372036854775808}')).toBe(2 ** 63);
    expect(body('{"intValue":1e17}')).toBe(1e17);
    expect(body('{"doubleValue":100000000000000000}')).toBe(1e17);
    expect(body('{"doubleValue":1e999}')).toBe(Number.POSITIVE_INFINITY);
  });

  it('turns half of a surrogate pair into U+FFFD: a message cut in the middle of a letter costs nobody else', () => {
    expect(body('{"stringValue":"a\\ud83d"}')).toBe('a\ufffd');
    expect([...decode('{"attributes":[{"key":"\\udc00"}]}').attributes.keys()]).toEqual(['\ufffd']);
  });

  it('takes a byte order mark and refuses what is not UTF-8', () => {
    expect(decodeText('\ufeff {}\n')).toEqual([]);
    expect(() => decodeLogsJson(Buffer.from('7b2261ff223a317d', 'hex'))).toThrow(
      expect.objectContaining({ code: 'not_utf8' }),
    );
  });

  it('refuses more objects than a body may hold before it makes them', () => {
    const many = `{"later":[${'{},'.repeat(LIMITS.containers)}{}]}`;
    expect(() => decodeText(many)).toThrow(expect.objectContaining({ code: 'body_too_large' }));
    const values = `{"later":[${'0,'.repeat(LIMITS.values)}0]}`;
    expect(() => decodeText(values)).toThrow(expect.objectContaining({ code: 'body_too_large' }));
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
    ['an int with a fraction', request('{"body":{"intValue":1.5}}')],
    ['a bool that is a text', request('{"body":{"boolValue":"true"}}')],
    ['a double that is an object', request('{"body":{"doubleValue":{}}}')],
    ['bytes that are not base64', request('{"body":{"bytesValue":"a*b"}}')],
    ['a bare value', request('{"body":"text"}')],
  ])('refuses %s', (_name, text) => {
    expect(() => decodeText(text)).toThrow(MALFORMED);
  });
});
