import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TYPES } from '../../bench/detection/measure.js';
import { NEGATIVES } from '../../bench/detection/negatives.js';
import { Random } from '../../bench/detection/random.js';
import { DEVELOPMENT, DISGUISES, HELD_OUT, shape } from '../../bench/detection/templates.js';
import { detect, scrub } from './index.js';

const templates = [...DEVELOPMENT, ...HELD_OUT];
const seed = fc.integer({ min: 1, max: 2 ** 31 });
const template = fc.constantFrom(...templates);
const type = fc.constantFrom(...TYPES);
const disguise = fc.constantFrom(...Object.values(DISGUISES));
const clean = (text: string): string => scrub(text)?.text ?? text;

/** Texts in which findings stand in the most inconvenient places: side by side, cut off, inside each other. */
const mixture = fc
  .array(
    fc.oneof(
      fc.record({ seed, type }).map((one) => one.type.plant(new Random(one.seed)).text),
      fc
        .record({ seed, type, disguise })
        .map((one) => one.disguise(one.type.plant(new Random(one.seed)).text)),
      fc
        .record({ seed, type, cut: fc.nat(20) })
        .map((one) => one.type.plant(new Random(one.seed)).text.slice(one.cut)),
      fc.string({ maxLength: 8 }),
      fc.constantFrom(
        ' ',
        '=',
        ':',
        '"',
        '\\',
        '-',
        '.',
        '@',
        '/',
        'password=',
        'name: ',
        '+',
        '(',
        '1',
        '%40',
        '\n',
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('scrubbing', () => {
  it('takes a planted value out of every template, whatever it is', () => {
    fc.assert(
      fc.property(seed, template, type, (start, line, kind) => {
        const r = new Random(start);
        const { text, secret } = kind.plant(r);
        const { before, behind } = shape(line, r);
        expect(clean(before + text + behind)).not.toContain(secret);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes it out in every disguise too', () => {
    const disguised = fc.constantFrom(...TYPES.filter((one) => one.disguised));
    fc.assert(
      fc.property(seed, template, disguised, disguise, (start, line, kind, hide) => {
        const r = new Random(start);
        const hidden = hide(kind.plant(r).text);
        const { before, behind } = shape(line, r);
        expect(clean(before + hidden + behind)).not.toContain(hidden);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is stable: what was scrubbed holds nothing more', () => {
    fc.assert(
      fc.property(mixture, (text) => {
        const once = clean(text);
        expect(clean(once)).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  it('makes no text longer than three times and a word', () => {
    fc.assert(
      fc.property(mixture, (text) => {
        expect(clean(text).length).toBeLessThanOrEqual(text.length * 3 + 20);
      }),
    );
  });

  it('leaves a text without findings as it is, and finds in order without overlap', () => {
    fc.assert(
      fc.property(mixture, (text) => {
        const found = detect(text);
        if (found.length === 0) expect(scrub(text)).toBeNull();
        let end = 0;
        for (const one of found) {
          expect(one.start).toBeGreaterThanOrEqual(end);
          expect(one.end).toBeGreaterThan(one.start);
          end = one.end;
        }
        expect(end).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  it('changes nothing else than the finding', () => {
    fc.assert(
      fc.property(seed, template, fc.constantFrom(...Object.keys(NEGATIVES)), (start, line, name) => {
        const r = new Random(start);
        const { before, behind } = shape(line, r);
        const text = before + (name === 'no secret' ? '' : NEGATIVES[name]?.(r)) + behind;
        expect(scrub(text)).toBeNull();
      }),
      { numRuns: 2_000 },
    );
  });
});
