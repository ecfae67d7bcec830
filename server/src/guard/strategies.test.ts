import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Strategy } from '../pack/model.js';
import { Remarks } from './remarks.js';
import { applyStrategy, masked, type Person, rangeOf } from './strategies.js';

const person: Person = {
  pseudonym: (id) => `sub_${id.length}`,
  digest: (text) => `digest_${text.length}`,
  seal: (subject, value, path) =>
    subject === 'sub_0' ? null : `sealed:${subject}:${JSON.stringify(value)}:${path}`,
  consents: () => false,
};

function apply(strategy: Strategy, value: unknown, named: Record<string, unknown> = {}): [unknown, string] {
  const remarks = new Remarks();
  const kept = applyStrategy(strategy, value, 'place', { person, remarks, named: (field) => named[field] });
  return [kept, remarks.json];
}

it('keeps, scrubs, drops, tokenises, hashes, masks, buckets and truncates', () => {
  expect(apply({ kind: 'keep' }, 'A-17')).toEqual(['A-17', '']);
  expect(apply({ kind: 'keep' }, 'ada@example.com')[0]).toBe('[email]');
  expect(apply({ kind: 'scrub' }, 'ask ada@example.com')[0]).toBe('ask [email]');
  expect(apply({ kind: 'drop' }, 'anything')[0]).toBeUndefined();
  expect(apply({ kind: 'tokenise' }, 'ada')[0]).toBe('sub_3');
  expect(apply({ kind: 'hash' }, 'input')[0]).toBe('digest_5');
  expect(apply({ kind: 'mask', last: 4 }, 'DE-1234567')[0]).toBe('******4567');
  expect(apply({ kind: 'bucket', bounds: [10, 50] }, 49.99)[0]).toBe('10-50');
  expect(apply({ kind: 'truncate' }, '203.0.113.77')[0]).toBe('203.0.113.0');
  expect(() => apply({ kind: 'truncate' }, 'here')).toThrow('bad_format');
});

it('leaves a remark for everything it changes, and never the value', () => {
  const changing: Strategy[] = [
    { kind: 'drop' },
    { kind: 'tokenise' },
    { kind: 'hash' },
    { kind: 'mask', last: 2 },
    { kind: 'truncate' },
    { kind: 'encrypt', subject: null },
  ];
  for (const strategy of changing) {
    const [, remarks] = apply(strategy, '203.0.113.77');
    expect(remarks, strategy.kind).toContain('"path":"place"');
    expect(remarks).not.toContain('203.0.113.77');
  }
});

it('seals for who acted or for whom a field names, and scrubs where there is nobody', () => {
  expect(apply({ kind: 'encrypt', subject: null }, 'hello')[0]).toBe('sealed:null:"hello":place');
  expect(apply({ kind: 'encrypt', subject: 'to' }, 'hello', { to: 'bob' })[0]).toBe(
    'sealed:sub_3:"hello":place',
  );
  expect(apply({ kind: 'encrypt', subject: 'to' }, 'call +44 20 7946 0900')[0]).toBe('call [phone]');
});

it('puts every number into exactly one range', () => {
  const bounds = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(bounds, fc.double({ min: -2000, max: 2000, noNaN: true }), (unsorted, value) => {
      const sorted = [...unsorted].sort((a, b) => a - b);
      const range = rangeOf(value, sorted);
      const below = sorted.filter((b) => b <= value);
      if (below.length === 0) expect(range).toBe(`<${sorted[0]}`);
      else if (below.length === sorted.length) expect(range).toBe(`>=${sorted.at(-1)}`);
      else expect(range).toBe(`${below.at(-1)}-${sorted[below.length]}`);
    }),
  );
});

it('never shows more than the last characters of a masked text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat({ max: 6 }), (text, last) => {
      const characters = [...text];
      const hidden = characters.length > last ? characters.length - last : characters.length;
      expect(masked(text, last)).toBe('*'.repeat(hidden) + characters.slice(hidden).join(''));
    }),
  );
});
