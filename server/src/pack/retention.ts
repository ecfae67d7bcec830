import { Failure } from '../base/errors.js';
import type { Pack } from './model.js';

/** A calendar period; years and months have no fixed length, so it means something only from a date on. */
export interface Period {
  readonly years: number;
  readonly months: number;
  readonly days: number;
}

/** How long records of one stream are kept, and why that long. */
export interface Retention {
  readonly stream: string;
  readonly keep: Period;
  /** How long of it they stay at hand; null for all of it. */
  readonly hot: Period | null;
  /** After it search shows no network addresses of them; null for never. */
  readonly anonymise: Period | null;
  readonly because: string;
}

const DURATION = /^P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?$/;

/** An ISO 8601 duration of years, months and days, such as `P7Y` or `P13M`; null for anything else, zero included. */
export function parsePeriod(text: string): Period | null {
  const match = DURATION.exec(text);
  if (match === null) return null;
  const [years = 0, months = 0, days = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return years + months + days === 0 ? null : { years, months, days };
}

/** The period as {@link parsePeriod} reads it. */
export function formatPeriod({ years, months, days }: Period): string {
  const parts = [
    [years, 'Y'],
    [months, 'M'],
    [days, 'D'],
  ] as const;
  return `P${parts.map(([n, unit]) => (n === 0 ? '' : `${n}${unit}`)).join('')}`;
}

/**
 * The moment one period after another, in UTC. The last day of a month stays the last day where the month that is
 * reached is shorter.
 * @param from milliseconds since 1970, UTC; so is the result.
 */
export function addPeriod(from: number, { years, months, days }: Period): number {
  const start = new Date(from);
  const month = start.getUTCMonth() + months + 12 * years;
  const day = Math.min(start.getUTCDate(), daysIn(start.getUTCFullYear(), month));
  const at = new Date(from);
  at.setUTCFullYear(start.getUTCFullYear(), month, day);
  return at.getTime() + days * 86_400_000;
}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month + 1, 0)).getUTCDate();

/**
 * How long the records of a stream are kept when these packs are turned on: the longest of what they ask for.
 * @throws Failure `bad_pack` when none of them says.
 */
export function retentionOf(packs: readonly Pack[], stream: string): Retention {
  const asked = packs.flatMap((pack) => pack.retention.filter((rule) => rule.stream === stream));
  const [first, ...others] = asked;
  if (first === undefined)
    throw new Failure('bad_pack', `No pack says how long the stream ${stream} is kept.`);
  return others.reduce((a, b) => (addPeriod(0, b.keep) > addPeriod(0, a.keep) ? b : a), first);
}

/** When the addresses in a stream go, where these packs are turned on: the shortest of what they ask for; null for never. */
export function anonymiseAfter(packs: readonly Pack[], stream: string): Period | null {
  const asked = packs.flatMap((pack) =>
    pack.retention.flatMap((rule) => (rule.stream === stream && rule.anonymise ? [rule.anonymise] : [])),
  );
  return asked.sort((a, b) => addPeriod(0, a) - addPeriod(0, b))[0] ?? null;
}
