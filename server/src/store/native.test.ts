import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClickHouse } from './clickhouse.js';
import { NativeBlock } from './native.js';
import { TABLES } from './tables.js';

interface Row {
  readonly event_id: string;
  readonly occurred_at: number;
  readonly status: number;
  readonly duration_ms: number;
  readonly leaf: number;
  readonly slot: number;
  readonly level: string;
  readonly body: string;
  readonly fields: Record<string, string>;
  readonly record: string;
}

const block = new NativeBlock<Row>(TABLES.logs, {
  tenant: () => 't',
  stream: () => 'logs',
  event_id: (r) => r.event_id,
  occurred_at: (r) => r.occurred_at,
  status: (r) => r.status,
  duration_ms: (r) => r.duration_ms,
  leaf: (r) => r.leaf,
  slot: (r) => r.slot,
  level: (r) => r.level,
  body: (r) => r.body,
  fields: (r) => r.fields,
  record: (r) => Buffer.from(r.record),
});

/** Texts of any content around the lengths at which the writer changes its way. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 50 }).map((s) => s.toWellFormed()),
  fc.integer({ min: 30, max: 300 }).map((n) => 'ü'.repeat(n)),
  fc.constantFrom(
    '',
    "'; DROP TABLE logs; --",
    '\\',
    '\n\t\0',
    'x'.repeat(42),
    'x'.repeat(43),
    'y'.repeat(70_000),
  ),
);
const row: fc.Arbitrary<Row> = fc.record({
  event_id: text,
  occurred_at: fc.integer({ min: -2_000_000_000_000, max: 10_000_000_000_000 }),
  status: fc.integer({ min: 0, max: 65_535 }),
  duration_ms: fc.double({ noNaN: true, noDefaultInfinity: true }),
  leaf: fc.maxSafeNat(),
  slot: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  level: text,
  body: text,
  fields: fc.dictionary(
    text.filter((key) => key !== '__proto__'),
    text,
    { maxKeys: 4, noNullPrototype: true },
  ),
  record: text,
});

describe('Native blocks', () => {
  let store: ClickHouse;
  const dir = mkdtempSync(join(tmpdir(), 'prooflog-native-'));
  beforeAll(async () => {
    store = await ClickHouse.open(join(dir, 'store'));
  });
  afterAll(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('come out of the engine as they went in', async () => {
    let token = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
        await store.recreate();
        block.clear();
        const numbered = rows.map((r, slot) => ({ ...r, slot }));
        for (const r of numbered) block.add(r);
        await store.insert('logs', block, `t${token++}`);
        const answer = await store.query({
          sql: `SELECT event_id, toString(toUnixTimestamp64Milli(occurred_at)) AS occurred_at, status, duration_ms,
                toString(leaf) AS leaf, slot, level, body, fields, record, service FROM logs ORDER BY slot`,
          params: {},
        });
        expect(JSON.parse(answer)).toEqual(
          numbered.map((r) => ({
            ...r,
            duration_ms: r.duration_ms === 0 ? expect.closeTo(0) : r.duration_ms,
            occurred_at: String(r.occurred_at),
            leaf: String(r.leaf),
            service: '',
          })),
        );
      }),
      { numRuns: 40 },
    );
  });
});
