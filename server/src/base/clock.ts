/** Milliseconds since 1970. Passed in where a test wants its own time. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

const pad = (n: number, width: number): string => String(n).padStart(width, '0');

let lastMs = Number.NaN;
let lastText = '';

/** RFC 3339 in UTC with milliseconds. Many records share one millisecond: the last text is kept. */
export function toRfc3339(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d{2}):(\d{2}))$/;

/**
 * Reads an RFC 3339 time strictly (no missing offset, no 30 February) and gives it back in UTC, with the
 * fraction of a second as it was written.
 * @returns milliseconds (rounded down) and the normal form, or null when it is not RFC 3339.
 */
export function parseRfc3339(text: string): { ms: number; text: string } | null {
  return PLAIN.test(text) ? { ms: Date.parse(text), text } : parseAnyRfc3339(text);
}

/** What most senders send: UTC with milliseconds, on a day that every month has. */
const PLAIN = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

function parseAnyRfc3339(text: string): { ms: number; text: string } | null {
  const m = RFC3339.exec(text);
  if (m === null) return null;
  const [year, month, day, hour, minute, second] = [m[1], m[2], m[3], m[4], m[5], m[6]].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offsetMinutes =
    m[9] === undefined ? 0 : (Number(m[10]) * 60 + Number(m[11])) * (m[9] === '-' ? -1 : 1);
  const leapless = Math.min(second, 59);
  const utc = Date.UTC(year, month - 1, day, hour, minute, leapless);
  const date = new Date(utc);
  const exists =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second <= 60;
  if (!exists || Math.abs(offsetMinutes) > 14 * 60) return null;
  const base = utc - offsetMinutes * 60_000;
  const fraction = (m[7] ?? '').padEnd(3, '0');
  const ms = base + Number(fraction.slice(0, 3));
  const head = new Date(base).toISOString().slice(0, 19);
  return {
    ms,
    text: `${head}.${fraction.length > 3 ? fraction.replace(/0+$/, '').padEnd(3, '0') : fraction}Z`,
  };
}

/** Nanoseconds since 1970 as RFC 3339, sub-millisecond digits only when there are any. */
export function fromUnixNano(nano: bigint): { ms: number; text: string } {
  const ms = Number(nano / 1_000_000n);
  const rest = Number(nano % 1_000_000n);
  const iso = toRfc3339(ms);
  if (rest === 0) return { ms, text: iso };
  return { ms, text: `${iso.slice(0, 23)}${pad(rest, 6).replace(/0+$/, '')}Z` };
}
