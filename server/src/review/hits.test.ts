import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hitsIn } from './hits.js';
import { draw } from './sample.js';

const LEAKS = {
  email: 'ada.lovelace@mail.example',
  card: '4111 1111 1111 1111',
  iban: 'DE89370400440532013000',
  cloud_key: 'AKIAIOSFODNN7EXAMPLE',
} as const;
const leak = fc.constantFrom(...(Object.keys(LEAKS) as (keyof typeof LEAKS)[]));

/** A name that a declaration or a logger would use. */
const name = fc.stringMatching(/^[a-z][a-zA-Z]{0,12}$/).filter((key) => key !== '__proto__');
const word = fc.constantFrom('retention', 'changed', 'as', 'agreed', 'policy 7', 'ok', '');

const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const base32 = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567'),
  minLength: 26,
  maxLength: 26,
});
const octet = fc.integer({ min: 0, max: 255 });
const uuid = fc.uuid();
const instant = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());

/** What the guard leaves in the place of something, or makes of it. */
const ours = fc.oneof(
  fc.constantFrom(
    '[email]',
    'call [phone] or [card]',
    '[denied]',
    'token=[secret]',
    '[12 bytes]',
    '****1234',
    '10-100',
  ),
  base32.map((text) => `sub_${text}`),
  fc.tuple(base32, hex(200)).map(([subject, body]) => `sealed:v1:sub_${subject}:${body}`),
  fc.tuple(octet, octet, octet).map((parts) => `${parts.join('.')}.0`),
  fc
    .tuple(hex(4), hex(4), hex(4))
    .map((groups) => `${groups.map((g) => g.replace(/^0+(?=.)/, '')).join(':')}::`),
  hex(32),
  uuid,
);

const envelope = fc.record({
  event_id: uuid,
  occurred_at: instant,
  recorded_at: instant,
  correlation: fc.record({ trace_id: hex(32), span_id: hex(16) }),
  integrity: fc.record({ prev_hash: hex(64) }),
  tenant: fc.constant({ id: 't0123456789abcdef', slug: 'acme' }),
});

describe('a planted value', () => {
  it('is found wherever it stands, and named by rule and path', () => {
    fc.assert(
      fc.property(
        envelope,
        leak,
        fc.array(name, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        word,
        (head, rule, path, inArray, before) => {
          const text = `${before} ${LEAKS[rule]}`;
          const value = path.reduceRight<unknown>(
            (inner, key) => ({ [key]: inner }),
            inArray ? [1, text] : text,
          );
          expect(hitsIn(JSON.stringify({ ...head, data: value }))).toEqual([
            { rule, path: ['data', ...path].join('.') },
          ]);
        },
      ),
    );
  });

  it('is found in a key, which is in no path', () => {
    const record = JSON.stringify({ data: { attributes: { [LEAKS.email]: { x: LEAKS.card } } } });
    const hits = hitsIn(record);
    expect(hits).toEqual([
      { rule: 'email', path: 'data.attributes (key)' },
      { rule: 'card', path: 'data.attributes.x' },
    ]);
    expect(JSON.stringify(hits)).not.toContain('lovelace');
  });

  it('is found as a number', () => {
    expect(hitsIn('{"data":{"n":4111111111111111}}')).toEqual([{ rule: 'card', path: 'data.n' }]);
    expect(hitsIn('{"data":{"n":411111}}')).toEqual([]);
  });
});

describe('what the guard itself writes', () => {
  it('is no hit', () => {
    fc.assert(
      fc.property(envelope, fc.dictionary(name, ours), (head, fields) => {
        expect(hitsIn(JSON.stringify({ ...head, metadata: { details: fields } }))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a sample', () => {
  it('has distinct numbers of the range, ascending, as many as wanted or all', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(300), fc.integer({ min: 1, max: 400 }), (from, size, count) => {
        const drawn = draw(from, from + size, count);
        expect(drawn).toHaveLength(Math.min(size, count));
        expect(new Set(drawn).size).toBe(drawn.length);
        expect([...drawn].sort((a, b) => a - b)).toEqual(drawn);
        expect(drawn.every((n) => n >= from && n < from + size)).toBe(true);
      }),
    );
  });

  it('reaches every place', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 2_000; i++) for (const n of draw(0, 20, 2)) seen.add(n);
    expect(seen.size).toBe(20);
  });
});
