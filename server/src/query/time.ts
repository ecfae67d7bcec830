import { parseRfc3339 } from '../base/clock.js';

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
/** What the store's time columns hold. */
const MIN = Date.UTC(1900, 0, 1);
const MAX = Date.UTC(2262, 0, 1);

/** `now`, `now-15m`, RFC 3339, or a date alone. @returns milliseconds, or null. */
export function parseTime(text: string, now: number): number | null {
  const relative = /^now(?:([+-])(\d{1,6})([smhdw]))?$/.exec(text);
  if (relative !== null)
    return now + (relative[1] === '-' ? -1 : 1) * Number(relative[2] ?? 0) * (UNITS[relative[3] ?? 's'] ?? 0);
  const at = parseRfc3339(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  return at === null || at.ms < MIN || at.ms > MAX ? null : at.ms;
}
