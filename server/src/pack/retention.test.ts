import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addPeriod, anonymiseAfter, type Period, parsePeriod, retentionOf } from './retention.js';

const period = (text: string): Period => parsePeriod(text) as Period;
const day = (text: string): number => Date.parse(`${text}T10:00:00Z`);

it('reads ISO 8601 periods and nothing else', () => {
  expect(parsePeriod('P7Y')).toEqual({ years: 7, months: 0, days: 0 });
  expect(parsePeriod('P1Y6M10D')).toEqual({ years: 1, months: 6, days: 10 });
  for (const text of [
    '',
    'P',
    '7Y',
    'P0D',
    'P0Y0M',
    'P1W',
    'PT1H',
    'P-1Y',
    'P1.5Y',
    ' P1Y',
    'P1D1Y',
    'P9999Y',
  ])
    expect(parsePeriod(text), text).toBeNull();
});

it('keeps to the calendar', () => {
  expect(addPeriod(day('2024-02-29'), period('P1Y'))).toBe(day('2025-02-28'));
  expect(addPeriod(day('2024-02-29'), period('P4Y'))).toBe(day('2028-02-29'));
  expect(addPeriod(day('2026-01-31'), period('P1M'))).toBe(day('2026-02-28'));
  expect(addPeriod(day('2026-12-31'), period('P13M'))).toBe(day('2028-01-31'));
  expect(addPeriod(day('2026-01-31'), period('P1M1D'))).toBe(day('2026-03-01'));
});

it('never goes back, and a longer period never ends earlier', () => {
  const periods = fc.record({
    years: fc.nat({ max: 99 }),
    months: fc.nat({ max: 99 }),
    days: fc.nat({ max: 999 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), periods, (from, p) => {
      const at = addPeriod(from, p);
      expect(at).toBeGreaterThanOrEqual(from);
      expect(addPeriod(from, { ...p, days: p.days + 1 })).toBe(at + 86_400_000);
      expect(addPeriod(from, { ...p, months: p.months + 1 })).toBeGreaterThan(at);
    }),
  );
});

it('takes the longest of what the packs ask for', () => {
  const pack = (keep: string) =>
    ({ retention: [{ stream: 'audit', keep: period(keep), because: keep }] }) as never;
  expect(retentionOf([pack('P12M'), pack('P7Y'), pack('P400D')], 'audit').because).toBe('P7Y');
  expect(() => retentionOf([pack('P1Y')], 'other')).toThrow('No pack says');
});

it('takes the shortest of what the packs ask for where addresses are concerned', () => {
  const pack = (after: string | null) =>
    ({ retention: [{ stream: 'logs', anonymise: after === null ? null : period(after) }] }) as never;
  expect(anonymiseAfter([pack('P90D'), pack(null), pack('P1M')], 'logs')).toEqual(period('P1M'));
  expect(anonymiseAfter([pack(null)], 'logs')).toBeNull();
  expect(anonymiseAfter([pack('P30D')], 'audit')).toBeNull();
});
