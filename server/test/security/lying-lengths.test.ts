import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReply, Problem } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { peakGrowth } from '../support/memory.js';
import { Program, removeDir, tempDir } from '../support/program.js';
import { sendRaw } from '../support/sender.js';
import { field, head } from './protobuf.js';

let program: Program;
let key: string;
const data = tempDir();

beforeAll(async () => {
  program = await Program.start(data);
  ({ key } = await program.tenant('acme'));
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
});
/** Whatever was sent: the program answers, and had no accident with it. */
afterEach(async () => {
  const { body } = await program.post<IngestReply>('/v1/events', key, auditEvent());
  expect(body.accepted).toBe(1);
  expect(program.output).not.toContain('request failed');
});

const found = async (id: string): Promise<number> => (await program.get(`/v1/events/${id}`, key)).status;

describe('T14 gzip that lies', () => {
  const packed = (change: (bytes: Buffer) => Buffer | undefined): Buffer => {
    const bytes = gzipSync(JSON.stringify(auditEvent()));
    return change(bytes) ?? bytes;
  };
  it.each<[string, string, (bytes: Buffer) => Buffer | undefined]>([
    [
      'a trailer with a larger size',
      'malformed_encoding',
      (b) => void b.writeUInt32LE(2 ** 31, b.length - 4),
    ],
    ['a trailer with size 0', 'malformed_encoding', (b) => void b.writeUInt32LE(0, b.length - 4)],
    ['a trailer with another checksum', 'malformed_encoding', (b) => void b.writeUInt32LE(1, b.length - 8)],
    [
      'a head with an extra field longer than all',
      'malformed_encoding',
      (b) => {
        b[3] = 4;
        b.writeUInt16LE(0xffff, 10);
      },
    ],
    [
      'a head with a name that never ends',
      'malformed_encoding',
      (b) => Buffer.concat([b.subarray(0, 3), Buffer.from([8]), b.subarray(4, 10), Buffer.alloc(1_000, 'x')]),
    ],
    ['an unknown method', 'malformed_encoding', (b) => void b.writeUInt8(7, 2)],
    ['half of it', 'malformed_encoding', (b) => b.subarray(0, b.length / 2)],
    ['all but the last byte', 'malformed_encoding', (b) => b.subarray(0, b.length - 1)],
    ['the head alone', 'malformed_encoding', (b) => b.subarray(0, 10)],
    ['no gzip at all', 'malformed_encoding', () => Buffer.from(JSON.stringify(auditEvent()))],
    ['a second member that is broken', 'malformed_encoding', (b) => Buffer.concat([b, b.subarray(0, 20)])],
    ['gzip in gzip', 'not_utf8', (b) => gzipSync(b)],
    ['a stream of nothing', 'empty_body', () => gzipSync('')],
  ])('%s → %s', async (_name, code, change) => {
    const { status, body } = await program.request<Problem>('POST', '/v1/events', {
      key,
      body: packed(change),
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    expect([status, body.code]).toEqual([400, code]);
  });

  it('two encodings are none that is known', async () => {
    const { status } = await program.request('POST', '/v1/events', {
      key,
      body: gzipSync(gzipSync('{}')),
      headers: { 'content-encoding': 'gzip, gzip' },
    });
    expect(status).toBe(415);
  });
});

describe('T14 HTTP that lies', () => {
  const post = (headers: string, body: string): Promise<string> =>
    sendRaw(
      program.url,
      `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`,
    );

  it('a length larger than the body: nothing is taken', async () => {
    const event = auditEvent();
    const answer = await post('Content-Length: 100000', JSON.stringify(event));
    expect(answer).not.toMatch(/HTTP\/1.1 2/);
    expect(await found(event.event_id)).toBe(404);
  });

  it('a length smaller than the body: what is too much is neither body nor request', async () => {
    const event = auditEvent();
    const answer = await post('Content-Length: 2', `{}${JSON.stringify(event)}`);
    expect(answer.match(/HTTP\/1.1 \d+/g)?.at(-1)).toBe('HTTP/1.1 400');
    expect(answer).not.toContain('"accepted":1');
    expect(await found(event.event_id)).toBe(404);
  });

  it.each(['-1', '1e3', '0x10', '2, 3', '99999999999999999999999', ''])(
    'the length %j is no length',
    async (length) => {
      const answer = await post(`Content-Length: ${length}`, JSON.stringify(auditEvent()));
      expect(answer).not.toMatch(/HTTP\/1.1 2/);
      expect(answer).not.toContain('"accepted":1');
    },
  );

  it.each([
    ['larger than 64 bits', 'fffffffffffffffff\r\n{}\r\n0\r\n\r\n'],
    ['negative', '-2\r\n{}\r\n0\r\n\r\n'],
    ['no number', 'zz\r\n{}\r\n0\r\n\r\n'],
    ['smaller than the chunk', '1\r\n{}\r\n0\r\n\r\n'],
    ['larger than the chunk', 'ff\r\n{}\r\n0\r\n\r\n'],
    ['that promises more', '2\r\n{}\r\n'],
  ])('a chunk with a size %s is not taken', async (_name, chunks) => {
    const answer = await post('Transfer-Encoding: chunked', chunks);
    expect(answer).not.toMatch(/HTTP\/1.1 2/);
  });
});

describe('T14 protobuf that lies', () => {
  const LENGTHS = [2n ** 7n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n];
  /** Around a field of a log record: its record, its scope, its resource. */
  const within = (content: Buffer): Buffer => field(1, field(2, field(2, content)));
  const places: [string, (length: bigint) => Buffer][] = [
    ['of a resource', (length) => head(1, length)],
    ['of a scope', (length) => field(1, head(2, length))],
    ['of a record', (length) => field(1, field(2, head(2, length)))],
    ['of a text', (length) => within(head(3, length))],
    ['of an id', (length) => within(head(9, length))],
    ['of a map', (length) => within(field(5, head(6, length)))],
    ['of bytes', (length) => within(field(5, head(7, length)))],
    ['of a field nobody knows', (length) => within(head(15, length))],
  ];

  it.each(places)('the length %s', async (_name, place) => {
    const statuses: number[] = [];
    const growth = await peakGrowth(program.pid, async () => {
      for (const length of LENGTHS) {
        const { status } = await program.request('POST', '/v1/logs', {
          key,
          body: place(length),
          headers: { 'content-type': 'application/x-protobuf' },
        });
        statuses.push(status);
      }
    });
    expect(statuses).toEqual(LENGTHS.map(() => 400));
    expect(growth).toBeLessThan(64);
  });
});

describe('T14 records larger than one may be', () => {
  it('are refused by themselves, without waiting for a disk that gets nothing', async () => {
    const log = (text: string): object => ({
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: text } }] }] }],
    });
    const { status, body } = await program.post<{ partialSuccess?: { rejectedLogRecords: string } }>(
      '/v1/logs',
      key,
      log('x'.repeat(2 ** 21)),
    );
    expect([status, body.partialSuccess?.rejectedLogRecords]).toEqual([200, '1']);
  });
});
