import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CanonicalError, canonicalize } from './canonicalize.js';
import { JsonError, parseStrict } from './parse.js';

const ROOT = join(import.meta.dirname, '../../../../shared/vectors/jcs/testdata');
const present = existsSync(ROOT);
if (!present) console.warn('skipped: the official JCS vectors are not beside this checkout');

describe.skipIf(!present)('official JCS vectors (cyberphone)', () => {
  for (const file of present ? readdirSync(join(ROOT, 'input')) : [])
    it(file, () => {
      const value = parseStrict(readFileSync(join(ROOT, 'input', file), 'utf8'));
      const hex = readFileSync(join(ROOT, 'outhex', file.replace('.json', '.txt')), 'utf8').replaceAll(
        /\s/g,
        '',
      );
      expect(Buffer.from(canonicalize(value)).toString('hex')).toBe(hex);
    });
});

const codeOf = (text: string): string => {
  try {
    parseStrict(text);
    return 'ok';
  } catch (error) {
    if (error instanceof JsonError) return `${error.code} ${error.pointer}`;
    throw error;
  }
};

/** Values without integers beyond 2^53, which are refused on purpose. */
const exact = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  values.filter((value) => !/\d{16}/.test(JSON.stringify(value)));

describe('parseStrict', () => {
  it.each([
    ['{"a":1,"a":2}', 'duplicate_key /a'],
    ['{"x":{"a":1,"\\u0061":2}}', 'duplicate_key /x/a'],
    ['[9007199254740993]', 'number_out_of_range /0'],
    ['[-9007199254740992]', 'number_out_of_range /0'],
    ['[1e17]', 'number_out_of_range /0'],
    ['[1e400]', 'number_out_of_range /0'],
    ['["\\ud800"]', 'lone_surrogate /0'],
    ['{"\\udc00":1}', 'lone_surrogate '],
    ['[1,]', 'malformed_json /1'],
    ['{"a" 1}', 'malformed_json /a'],
    ['[01]', 'malformed_json '],
    ['["\t"]', 'malformed_json /0'],
    ['nul', 'malformed_json '],
    ['', 'malformed_json '],
    ['{} {}', 'malformed_json '],
    ['[1e30,0.1,-0,9007199254740991]', 'ok'],
    ['{"__proto__":{"polluted":true}}', 'ok'],
  ])('%s → %s', (text, expected) => {
    expect(codeOf(text)).toBe(expected);
  });

  it('keeps __proto__ as an ordinary own key', () => {
    const value = parseStrict('{"__proto__":{"polluted":true}}') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('refuses 100,000 levels without running out of stack', () => {
    expect(codeOf('['.repeat(100_000))).toContain('too_deep');
  });

  it('reads texts of many million characters', () => {
    expect(codeOf(JSON.stringify('a\n'.repeat(10_000_000)))).toBe('ok');
    expect(codeOf(`"${'a'.repeat(20_000_000)}`)).toBe('malformed_json ');
    expect(codeOf('1'.repeat(20_000_000))).toBe('number_out_of_range ');
  });

  it('agrees with JSON.parse wherever both accept', () => {
    fc.assert(
      fc.property(exact(fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        expect(parseStrict(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('never accepts what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'[]{}",:0129.eE+-\\utrfnals \n') }), (text) => {
        if (codeOf(text) === 'ok') JSON.parse(text);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('canonicalize', () => {
  it('does not depend on the order of members, and survives a round trip', () => {
    fc.assert(
      fc.property(
        exact(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 3 }))),
        (object) => {
          const reversed = Object.fromEntries(Object.entries(object).reverse());
          const text = canonicalize(object);
          expect(canonicalize(reversed)).toBe(text);
          expect(canonicalize(parseStrict(text))).toBe(text);
        },
      ),
    );
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], ['\ud800'], [undefined], [{ a: () => 1 }]])(
    'refuses %s',
    (value) => {
      expect(() => canonicalize(value)).toThrow(CanonicalError);
    },
  );
});
