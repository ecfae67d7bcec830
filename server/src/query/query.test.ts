import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../base/errors.js';
import { ClickHouse } from '../store/clickhouse.js';
import { NativeBlock } from '../store/native.js';
import { TABLES } from '../store/tables.js';
import type { Node } from './ast.js';
import { compileFacet, compileHistogram, compileSearch, type RecordRow, type Scope } from './compile.js';
import { parseQuery } from './parse.js';

const code = (work: () => unknown): string => {
  try {
    work();
    return 'ok';
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
};

describe('parseQuery', () => {
  it.each<[string, Node]>([
    ['', { kind: 'all' }],
    ['*', { kind: 'all' }],
    ['error', { kind: 'text', value: 'error', phrase: false }],
    ['"timed out"', { kind: 'text', value: 'timed out', phrase: true }],
    ['entity.id:pol-7', { kind: 'equals', field: 'entity.id', value: 'pol-7', phrase: false }],
    [
      'a:1 OR NOT b:2',
      {
        kind: 'or',
        nodes: [
          { kind: 'equals', field: 'a', value: '1', phrase: false },
          { kind: 'not', node: { kind: 'equals', field: 'b', value: '2', phrase: false } },
        ],
      },
    ],
    ['-x', { kind: 'not', node: { kind: 'text', value: 'x', phrase: false } }],
    [
      'f:(a OR b)',
      {
        kind: 'or',
        nodes: [
          { kind: 'equals', field: 'f', value: 'a', phrase: false },
          { kind: 'equals', field: 'f', value: 'b', phrase: false },
        ],
      },
    ],
    ['duration_ms:>=100', { kind: 'compare', field: 'duration_ms', op: '>=', value: '100' }],
    ['status:[400 TO 499]', { kind: 'range', field: 'status', from: '400', to: '499' }],
    ['user:*', { kind: 'exists', field: 'user' }],
    [
      'occurred_at:[2026-01-01T00:00:00Z TO now]',
      { kind: 'range', field: 'occurred_at', from: '2026-01-01T00:00:00Z', to: 'now' },
    ],
    ['actor:ada@example.com', { kind: 'equals', field: 'actor', value: 'ada@example.com', phrase: false }],
    [
      'time:2026-01-01T10:00:00Z',
      { kind: 'equals', field: 'time', value: '2026-01-01T10:00:00Z', phrase: false },
    ],
    ['level:-5', { kind: 'equals', field: 'level', value: '-5', phrase: false }],
  ])('%s', (query, node) => expect(parseQuery(query)).toEqual(node));

  it.each(['"open', '(a', 'a)', 'f:', 'f:[a TO b', 'f:[a b]', 'AND', 'a AND', 'f:(g:h)'])(
    '%s is a syntax error',
    (query) => {
      expect(code(() => parseQuery(query))).toBe('query_syntax');
    },
  );

  it('limits length, depth and size', () => {
    expect(code(() => parseQuery('a '.repeat(3_000)))).toBe('query_too_complex');
    expect(code(() => parseQuery('('.repeat(500)))).toBe('query_too_complex');
    expect(code(() => parseQuery('-'.repeat(4_000)))).not.toBe('ok');
    expect(code(() => parseQuery('a '.repeat(300)))).toBe('query_too_complex');
  });

  it('never fails otherwise', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab:()[]"\\*?-+! ANDORTO<>=.'), maxLength: 60 }),
        (query) => void code(() => parseQuery(query)),
      ),
      { numRuns: 5_000 },
    );
  });
});

interface Row {
  tenant: string;
  id: string;
  action: string;
  result: string;
  entity: string;
  fields: Record<string, string>;
  body: string;
}

const NASTY = [
  "it's",
  'a"b',
  'back\\slash',
  '{p0:String}',
  "'; DROP TABLE events; --",
  'line\nbreak',
  'Zürich',
  '100%_x',
  'plain',
  'two words',
  '',
];
const ROWS: Row[] = NASTY.flatMap((text, i) =>
  ['t1', 't2'].map((tenant) => ({
    tenant,
    id: `0000000${i % 10}-0000-7000-8000-00000000${tenant === 't1' ? '01' : '02'}${String(i).padStart(2, '0')}`,
    action: i % 2 === 0 ? 'policy_changed' : 'role_assigned',
    result: i % 3 === 0 ? 'denied' : 'success',
    entity: text,
    fields: { field: text, n: String(i) },
    body: `${text} common`,
  })),
);

describe('compiled queries on the real engine', () => {
  let store: ClickHouse;
  const dir = mkdtempSync(join(tmpdir(), 'prooflog-query-'));
  const scope: Scope = {
    tenant: 't1',
    streams: ['audit', 'logs'],
    from: 0,
    to: Date.UTC(2100, 0, 1),
    now: Date.UTC(2026, 0, 1),
  };
  beforeAll(async () => {
    store = await ClickHouse.open(join(dir, 'store'));
    const block = new NativeBlock<Row>(TABLES.events, {
      tenant: (r) => r.tenant,
      stream: () => 'audit',
      event_id: (r) => r.id,
      occurred_at: () => Date.UTC(2026, 0, 1),
      recorded_at: () => Date.UTC(2026, 0, 1),
      action: (r) => r.action,
      result: (r) => r.result,
      entity_id: (r) => r.entity,
      fields: (r) => r.fields,
      body: (r) => r.body,
      record: (r) => JSON.stringify(r),
    });
    for (const r of ROWS) block.add(r);
    await store.insert('events', block, 'test');
  });
  afterAll(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const run = async (node: Node, of = scope): Promise<string[]> =>
    (JSON.parse(await store.query(compileSearch(node, of, { limit: 1_000, order: 'newest' }))) as RecordRow[])
      .map((row) => row.event_id)
      .sort();

  /** What a query means, in the plainest way. */
  function matches(node: Node, r: Row): boolean {
    switch (node.kind) {
      case 'all':
        return true;
      case 'and':
        return node.nodes.every((n) => matches(n, r));
      case 'or':
        return node.nodes.some((n) => matches(n, r));
      case 'not':
        return !matches(node.node, r);
      case 'equals':
        return (
          (node.field === 'entity.id'
            ? r.entity
            : node.field === 'action'
              ? r.action
              : (r.fields[node.field] ?? '')) === node.value
        );
      default:
        return false;
    }
  }

  const leaf = fc.oneof(
    fc.record({
      kind: fc.constant('equals' as const),
      field: fc.constantFrom('entity.id', 'action', 'field', 'n', 'nothing'),
      value: fc.constantFrom(...NASTY, 'policy_changed', '3'),
      phrase: fc.constant(true),
    }),
    fc.constant<Node>({ kind: 'all' }),
  );
  const node = fc.letrec<{ node: Node }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf as fc.Arbitrary<Node>,
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        nodes: fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
      }) as fc.Arbitrary<Node>,
      fc.record({ kind: fc.constant('not' as const), node: tie('node') }) as fc.Arbitrary<Node>,
    ),
  })).node;

  it('find what a plain evaluator finds, and nothing of another tenant', async () => {
    await fc.assert(
      fc.asyncProperty(node, async (query) => {
        const expected = ROWS.filter((r) => r.tenant === 't1' && matches(query, r))
          .map((r) => r.id)
          .sort();
        expect(await run(query)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('the tenant and the streams stand in every scan, once, and no value in the text', () => {
    fc.assert(
      fc.property(node, (query) => {
        for (const { sql, params } of [
          compileSearch(query, scope, { limit: 5, order: 'oldest', after: { at: 1, id: 'x' } }),
          compileHistogram(query, scope, 1_000),
          compileFacet(query, scope, 'action', 5),
        ]) {
          const scans = sql.match(/FROM (?:events|logs)\b/g) ?? [];
          const confined =
            sql.match(
              /FROM (?:events|logs) WHERE tenant = \{p\d+:String\} AND stream IN \{p\d+:Array\(String\)\} AND /g,
            ) ?? [];
          expect(scans).toHaveLength(2);
          expect(confined).toHaveLength(2);
          expect(sql.replace(/''/g, '')).not.toMatch(/'|DROP|Zürich/);
          expect(Object.values(params)).toContain('t1');
        }
      }),
    );
  });

  it.each<[string, number]>([
    ['common', 11],
    ['"two words"', 1],
    ['words two', 1],
    ['"words two"', 0],
    ['zürich', 1],
    ['ZÜRICH', 1],
    ["it's", 1],
    ['"100%_x"', 1],
    ['entity.id:100%*', 1],
    ['entity.id:*l*n', 1],
    ['field:two\\ words', 1],
    ['-common', 0],
    ['result:DENIED', 4],
    ['n:>8', 2],
    ['n:[2 TO 4]', 3],
    ['level:ERROR', 0],
    ['event_type:log', 0],
    ['-event_type:log', 11],
    ['occurred_at:<2026-01-02', 11],
  ])('%s finds %i', async (query, count) => {
    expect(await run(parseQuery(query))).toHaveLength(count);
  });
});
