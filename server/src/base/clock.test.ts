import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUnixNano, parseRfc3339 } from './clock.js';

describe('parseRfc3339', () => {
  it.each<[string, number | null, string]>([
    ['2026-01-31T12:00:00Z', Date.UTC(2026, 0, 31, 12), '2026-01-31T12:00:00.000Z'],
    ['2026-01-31t12:00:00.5z', Date.UTC(2026, 0, 31, 12, 0, 0, 500), '2026-01-31T12:00:00.500Z'],
    [
      '2026-01-31T12:00:00.123456789Z',
      Date.UTC(2026, 0, 31, 12, 0, 0, 123),
      '2026-01-31T12:00:00.123456789Z',
    ],
    ['2026-01-31T12:00:00+02:00', Date.UTC(2026, 0, 31, 10), '2026-01-31T10:00:00.000Z'],
    ['2026-01-31T23:30:00-01:00', Date.UTC(2026, 1, 1, 0, 30), '2026-02-01T00:30:00.000Z'],
    ['2026-02-29T12:00:00.000Z', null, ''],
    ['2024-02-29T12:00:00.000Z', Date.UTC(2024, 1, 29, 12), '2024-02-29T12:00:00.000Z'],
    ['2026-01-31T24:00:00Z', null, ''],
    ['2026-01-31 12:00:00Z', null, ''],
    ['2026-01-31T12:00:00', null, ''],
    ['2026-01-31T12:00:00+25:00', null, ''],
    ['now', null, ''],
  ])('%s', (given, ms, text) => expect(parseRfc3339(given)).toEqual(ms === null ? null : { ms, text }));

  it('reads back every millisecond, also with an offset', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (ms, offset) => {
          const iso = new Date(ms).toISOString();
          expect(parseRfc3339(iso)).toEqual({ ms, text: iso });
          const shifted = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
          const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0');
          const minutes = String(Math.abs(offset) % 60).padStart(2, '0');
          expect(parseRfc3339(`${shifted}${offset < 0 ? '-' : '+'}${hours}:${minutes}`)).toEqual({
            ms,
            text: iso,
          });
        },
      ),
    );
  });

  it('keeps nanoseconds', () => {
    expect(fromUnixNano(1_700_000_000_123_456_789n).text).toBe('2023-11-14T22:13:20.123456789Z');
    expect(fromUnixNano(1_700_000_000_120_000_000n).text).toBe('2023-11-14T22:13:20.120Z');
  });
});
