import { JsonError, parseStrict } from '@prooflog/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readStrict } from './read.js';
import { scan } from './scan.js';

const DEPTH = 8;

function outcome(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof JsonError) return error.code;
    throw error;
  }
}

function agree(text: string): void {
  const bytes = Buffer.from(text);
  const slice = scan(bytes, 0, bytes.length);
  if (slice === null) return;
  expect(outcome(() => readStrict(bytes, slice, { maxDepth: DEPTH }))).toStrictEqual(
    outcome(() => parseStrict(text, { maxDepth: DEPTH })),
  );
}

/** Pieces that put together give JSON often, and what is doubtful in it often too. */
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"a":',
  '"\\u0061":',
  '"__proto__":',
  '"\\ud83d"',
  '"\\uDE00"',
  '"\\ud83d\\ude00"',
  '"\\\\ud800"',
  '"[{:,"',
  '"\n"',
  '0',
  '-',
  '.',
  'e',
  '9007199254740993',
  '999999999999999',
  '1e22',
  ' ',
  'true',
];

describe('readStrict', () => {
  it('is parseStrict, only faster', () => {
    const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((parts) => parts.join(''));
    fc.assert(fc.property(text, agree), { numRuns: 20_000 });
  });

  it('is so for valid texts too', () => {
    const leaf = fc.constantFrom(
      ...PIECES.filter((piece) => /^["\dt]/.test(piece) && !/:$|\n/.test(piece)),
      '1.5e3',
      '-0',
    );
    const { value } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 10, depthSize: 'large' },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
        fc
          .array(fc.tuple(fc.constantFrom('"a"', '"\\u0061"', '"b"', '""', '"__proto__"'), tie('value')), {
            maxLength: 3,
          })
          .map((members) => `{${members.map(([name, item]) => `${name}:${item}`).join(',')}}`),
      ),
    }));
    fc.assert(fc.property(value, agree), { numRuns: 5_000 });
  });
});
