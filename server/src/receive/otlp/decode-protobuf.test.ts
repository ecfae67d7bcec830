import { describe, expect, it } from 'vitest';
import { decodeLogsProtobuf } from './decode-protobuf.js';
import type { OtlpLog } from './model.js';
import { request } from './testdata/schema.js';

/** The request whose one record has these bytes. */
function recordOf(hex: string): Buffer {
  const wrap = (tag: number, inner: Buffer): Buffer =>
    Buffer.concat([Buffer.from([tag, inner.length]), inner]);
  return wrap(0x0a, wrap(0x12, wrap(0x12, Buffer.from(hex.replaceAll(' ', ''), 'hex'))));
}

const decode = (hex: string): OtlpLog => decodeLogsProtobuf(recordOf(hex))[0] as OtlpLog;
const MALFORMED = expect.objectContaining({ code: 'malformed_protobuf' });

describe('decodeLogsProtobuf', () => {
  it('takes an empty body as a request without records', () => {
    expect(decodeLogsProtobuf(new Uint8Array())).toEqual([]);
  });

  it('reads a view into a larger buffer', () => {
    const bytes = request.encode({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: 5 }] }] }] });
    const shifted = new Uint8Array(bytes.length + 9);
    shifted.set(bytes, 3);
    expect(decodeLogsProtobuf(shifted.subarray(3, 3 + bytes.length))[0]?.timeUnixNano).toBe(5n);
  });

  it('reads resource and scope behind the records they belong to', () => {
    const scope = Buffer.from([0x12, 0x00, 0x0a, 0x03, 0x0a, 0x01, 0x73]);
    const resource = Buffer.from([0x0a, 0x0a, 0x0a, 0x08, 0x0a, 0x01, 0x6b, 0x12, 0x03, 0x0a, 0x01, 0x76]);
    const group = Buffer.concat([Buffer.from([0x12, scope.length]), scope, resource]);
    const [log] = decodeLogsProtobuf(Buffer.concat([Buffer.from([0x0a, group.length]), group]));
    expect(log).toMatchObject({ scopeName: 's', resource: new Map([['k', 'v']]) });
  });

  it('lets the last of equal fields and equal keys count', () => {
    expect(decode('1a0161 1a0162').severityText).toBe('b');
    expect(decode('32070a016b12020a00 32070a016b12021001').attributes).toEqual(new Map([['k', true]]));
    expect(decode('2a040a00 1001').body).toBe(true);
  });

  it('turns invalid UTF-8 into U+FFFD', () => {
    expect(decode('1a03 61ff62').severityText).toBe('a\ufffdb');
  });

  it('drops ids of a wrong length and of zeros', () => {
    expect(decode(`4a0f${'ab'.repeat(15)}`).traceId).toBe('');
    expect(decode(`4a10${'00'.repeat(16)}`).traceId).toBe('');
    expect(decode(`4a10${'0f'.repeat(16)}`).traceId).toBe('0f'.repeat(16));
    expect(decode(`5208${'00'.repeat(8)}`).spanId).toBe('');
    expect(decode(`5210${'0f'.repeat(16)}`).spanId).toBe('');
  });

  it('reads numbers that are written longer than they need be', () => {
    expect(decode('10 8980808000').severityNumber).toBe(9);
    expect(decode('9080808000 09').severityNumber).toBe(9);
    expect(decode('1a 8180808000 61').severityText).toBe('a');
    expect(decode('10 ffffffffffffffffff01').severityNumber).toBe(-1);
    expect(decode('2a0b 18ffffffffffffffffff7f').body).toBe(-1);
  });

  it.each([
    ['a varint of eleven bytes', `10 ${'ff'.repeat(10)}01`],
    ['a tag beyond 32 bits', 'ffffffff7f 00'],
    ['a length beyond 32 bits', '1a ffffffff1f'],
    ['field number 0', '00 00'],
    ['a group', '1b 1c'],
    ['the end of a group', '64'],
    ['wire type 6', '0e'],
    ['wire type 7', '0f'],
    ['a known field of another wire type', '0a 00'],
    ['a text longer than the record', '1a 05 61'],
    ['a fixed64 that is cut off', '09 00000000'],
    ['an unknown field that is cut off', '6a 05 00'],
  ])('refuses %s', (_name, hex) => {
    expect(() => decode(hex)).toThrow(MALFORMED);
  });
});
