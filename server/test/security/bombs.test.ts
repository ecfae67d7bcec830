import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditEvent } from '../support/events.js';
import { peakGrowth } from '../support/memory.js';
import { Program, removeDir, tempDir } from '../support/program.js';
import { piecesOf, postPieces, spaces } from '../support/sender.js';
import { field, nested } from './protobuf.js';

const MIB = 2 ** 20;
/** MiB that a body which is refused may cost. */
const MOST = 64;

let program: Program;
let key: string;
let data: string;

// A program of its own for each: memory kept from one bomb would hide the next.
beforeEach(async () => {
  data = tempDir();
  program = await Program.start(data);
  ({ key } = await program.tenant('acme'));
  for (let i = 0; i < 8; i++)
    await program.post(
      '/v1/events',
      key,
      Array.from({ length: 250 }, () => auditEvent()),
    );
});
afterEach(async () => {
  await program?.stop();
  removeDir(data);
});

const JSON_TYPE = { 'content-type': 'application/json' };
const GZIP = { ...JSON_TYPE, 'content-encoding': 'gzip' };
const PROTOBUF = { 'content-type': 'application/x-protobuf' };

interface Bomb {
  readonly name: string;
  readonly path: '/v1/events' | '/v1/logs';
  readonly headers: Record<string, string>;
  readonly pieces: () => Iterator<Buffer>;
  readonly status: number;
  /** Where more than `MOST` is within the limits, which honest senders need. */
  readonly most?: number;
}

const zeros = gzipSync(Buffer.alloc(1_024 * MIB));
const whole = (make: () => Buffer) => () => piecesOf(make());
const filled = (length: number, unit: Buffer): Buffer => Buffer.alloc(length - (length % unit.length), unit);
const scopeOf = (records: Buffer): Buffer => field(1, field(2, records));
const bodyOf = (value: Buffer): Buffer => scopeOf(field(2, field(5, value)));
/** Attributes of four-letter names, all different. */
function attributes(count: number): Buffer {
  const unit = field(6, field(1, Buffer.from('0000')));
  const all = Buffer.alloc(unit.length * count, unit);
  for (let i = 0; i < count; i++)
    all.write(i.toString(36).padStart(4, '0').slice(-4), (i + 1) * unit.length - 4);
  return all;
}
const many = (unit: string): Buffer => Buffer.from(`{"later":[${unit.repeat((12 * MIB) / unit.length)}0]}`);

const everywhere = (bomb: Omit<Bomb, 'path'>): Bomb[] => [
  { ...bomb, path: '/v1/events' },
  { ...bomb, path: '/v1/logs' },
];

const BOMBS: readonly Bomb[] = [
  ...everywhere({
    name: 'a gigabyte of zeros in gzip',
    headers: GZIP,
    pieces: () => piecesOf(zeros),
    status: 413,
  }),
  ...everywhere({
    name: 'a gigabyte of zeros, packed twice',
    headers: GZIP,
    pieces: whole(() => gzipSync(zeros)),
    status: 400,
  }),
  ...everywhere({
    name: 'gzip without end that unpacks to nothing',
    headers: GZIP,
    pieces: function* () {
      const piece = filled(2 ** 16, gzipSync(''));
      for (;;) yield piece;
    },
    status: 413,
    most: 2 * MOST,
  }),
  ...everywhere({
    name: 'a hundred megabytes, announced',
    headers: { ...JSON_TYPE, 'content-length': String(100 * MIB) },
    pieces: () => spaces(100 * MIB),
    status: 413,
  }),
  ...everywhere({
    name: 'chunks without end',
    headers: JSON_TYPE,
    pieces: () => spaces(),
    status: 413,
    most: 2 * MOST,
  }),
  ...everywhere({
    name: 'millions of objects',
    headers: JSON_TYPE,
    pieces: whole(() => many('{},')),
    status: 413,
  }),
  ...everywhere({
    name: 'millions of lists',
    headers: JSON_TYPE,
    pieces: whole(() => many('[],')),
    status: 413,
  }),
  ...everywhere({
    name: 'millions of numbers',
    headers: JSON_TYPE,
    pieces: whole(() => many('0,')),
    status: 413,
  }),
  ...everywhere({
    name: 'a list of millions of objects',
    headers: JSON_TYPE,
    pieces: whole(() => Buffer.from(`[${'{},'.repeat(2 * MIB)}{}]`)),
    status: 413,
  }),
  {
    name: 'millions of lines',
    path: '/v1/events',
    headers: { 'content-type': 'application/x-ndjson' },
    pieces: whole(() => Buffer.from('{}\n'.repeat(2 * MIB))),
    status: 413,
  },
  {
    name: 'millions of empty log records',
    path: '/v1/logs',
    headers: PROTOBUF,
    pieces: whole(() => scopeOf(filled(4 * MIB, Buffer.from('1200', 'hex')))),
    status: 413,
  },
  ...['0a023200', '0a022a00', '0a023a00'].map(
    (unit): Bomb => ({
      name: `millions of empty values (${unit})`,
      path: '/v1/logs',
      headers: PROTOBUF,
      pieces: whole(() => bodyOf(field(5, filled(4 * MIB, Buffer.from(unit, 'hex'))))),
      status: 413,
    }),
  ),
  {
    name: 'millions of absent values',
    path: '/v1/logs',
    headers: PROTOBUF,
    pieces: whole(() => bodyOf(field(5, filled(4 * MIB, Buffer.from('0a00', 'hex'))))),
    status: 413,
  },
  {
    name: 'millions of attributes',
    path: '/v1/logs',
    headers: PROTOBUF,
    pieces: whole(() => scopeOf(field(2, attributes(1.25 * MIB)))),
    status: 413,
    most: 2 * MOST,
  },
  {
    name: 'as many objects as may be, as log records',
    path: '/v1/logs',
    headers: JSON_TYPE,
    pieces: whole(() =>
      Buffer.from(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${'{},'.repeat(MIB - 10)}{}]}]}]}`),
    ),
    status: 413,
    most: 2 * MOST,
  },
  {
    name: 'maps 100,000 deep in protobuf',
    path: '/v1/logs',
    headers: PROTOBUF,
    pieces: whole(() => nested(100_000)),
    status: 400,
  },
];

describe('T14 bombs', () => {
  it.each(BOMBS)('$path: $name', async ({ path, headers, pieces, status, most }) => {
    const found: number[] = [];
    const growth = await peakGrowth(program.pid, async () => {
      const sent = { authorization: `Bearer ${key}`, ...headers };
      found.push((await postPieces(program.url + path, sent, pieces())).status);
      found.push((await program.request('GET', '/health')).status);
    });
    expect(found).toEqual([status, 200]);
    expect(growth).toBeLessThan(most ?? MOST);
  });
});
