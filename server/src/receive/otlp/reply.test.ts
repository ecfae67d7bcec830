import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeLogsResponse, encodeStatus } from './reply.js';
import { response, status } from './testdata/schema.js';

const parse = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());

describe('encodeLogsResponse', () => {
  it('leaves partial_success out when all went well', () => {
    expect(encodeLogsResponse({ rejected: 0, message: '' }, 'protobuf')).toHaveLength(0);
    expect(parse(encodeLogsResponse({ rejected: 0, message: '' }, 'json'))).toEqual({});
  });

  it('is read back by protobufjs and JSON', () => {
    const outcome = fc.record({
      rejected: fc.nat(),
      message: fc.string({ unit: 'grapheme', maxLength: 300 }),
    });
    fc.assert(
      fc.property(outcome, ({ rejected, message }) => {
        fc.pre(rejected > 0 || message !== '');
        const partial = { rejectedLogRecords: String(rejected), errorMessage: message };
        const bytes = encodeLogsResponse({ rejected, message }, 'protobuf');
        expect(response.decode(bytes)).toEqual({ partialSuccess: partial });
        expect(parse(encodeLogsResponse({ rejected, message }, 'json'))).toEqual({ partialSuccess: partial });
      }),
    );
  });
});

describe('encodeStatus', () => {
  it('is a google.rpc.Status in both encodings', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 16 }), fc.string({ unit: 'grapheme' }), (code, message) => {
        expect(status.decode(encodeStatus(code, message, 'protobuf'))).toEqual({ code, message });
        expect(parse(encodeStatus(code, message, 'json'))).toEqual({ code, message });
      }),
    );
  });
});
