import { isDigitAt, isWordAt } from '../characters.js';
import { endOf, type Finding } from '../finding.js';
import type { Cluster } from './cluster.js';
import { PLACE_BEHIND, SAYS, saidBefore } from './words.js';

/** Country calling codes in use (ITU-T E.164), by their length: nothing else may follow a plus. */
const CALLING = /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-689]\d\d)/;
/** Digits after which nothing else is needed: a North American or Russian number has eleven. */
const isInternational = (digits: string): boolean =>
  CALLING.test(digits) &&
  (/^[17]/.test(digits) ? digits.length === 11 : digits.length >= 9 && digits.length <= 15);

export const EXTENSION = /,? ?(?:x|ext\.?|extension|;ext=|#) ?\d{1,6}(?!\w)/iy;

/** Where the extension ends that may stand behind a number. */
const withExtension = (text: string, end: number): number => Math.max(end, endOf(EXTENSION, text, end));

export const COMPACT = /\+[1-9]\d{7,14}(?!\d)/y;
export const SPACED = /\+[1-9](?:(?: ?\(0\) ?|[ ()./-]{0,2})\d){6,14}(?!\d)/y;
const FEWEST = 8;

/** `+44 20 7946 0958`: a plus, and a calling code. */
export function internationalAt(text: string, at: number): Finding | null {
  if (isDigitAt(text, at - 1)) return null;
  let end = endOf(COMPACT, text, at);
  if (end < 0) end = endOf(SPACED, text, at);
  // What follows in a line of numbers may not belong to it: the last groups are given up until it fits.
  for (; end > at; end = groupBefore(text, at, end)) {
    const digits = text.slice(at + 1, end).replace(/\(0\)|\D/g, '');
    if (digits.length < FEWEST) return null;
    if (isInternational(digits)) return { rule: 'phone', start: at, end: withExtension(text, end) };
  }
  return null;
}

/** The end of what is left without the last group of digits. */
function groupBefore(text: string, at: number, end: number): number {
  let i = end;
  while (i > at && isDigitAt(text, i - 1)) i--;
  while (i > at && !isDigitAt(text, i - 1)) i--;
  return i;
}

export const BRACKETED = /\(0?\d{2,4}\)[ -]?\d{3,5}(?:[ -]?\d{2,5}){0,2}(?![\d])/y;

/** `(415) 555-2671`, `(020) 7946 0958`: an area code in brackets. */
export function bracketedAt(text: string, at: number): Finding | null {
  if (isWordAt(text, at - 1)) return null;
  const end = endOf(BRACKETED, text, at);
  if (end < 0) return null;
  const number = text.slice(at, end);
  const digits = number.replace(/\D/g, '').length;
  const written = number.includes('-') || number.startsWith('(0') || digits === 10;
  if (digits < FEWEST || digits > 12 || !written) return null;
  return { rule: 'phone', start: at, end: withExtension(text, end) };
}

/** North American: area and exchange begin with 2 to 9, and no code is N11. */
const NANP = /^[2-9](?!11)\d{2}[2-9](?!11)\d{6}$/;
/** A number, or the end of a request line. */
const ROW_BEFORE = /" $|\d ?$/;
const HEX_BEFORE = /(?:^|[^\w])[0-9a-f]{2}[ :]$/i;
const HEX_BEHIND = /[ :][0-9a-f]{2}(?!\w)/iy;

/** Whether groups stand alone: not in a row of numbers, a hex dump or an access log (`" 200 512 4096`). */
function standsAlone(c: Cluster, group: number, count: number): boolean {
  if (group > 0 || count !== c.count) return false;
  const before = c.text.slice(Math.max(0, c.begin(0) - 4), c.begin(0));
  return !ROW_BEFORE.test(before) && !HEX_BEFORE.test(before) && endOf(HEX_BEHIND, c.text, c.end) < 0;
}

const SPACES = new Set([...' +_'].map((s) => s.charCodeAt(0)));

/** How many groups are a national form that is known without a word: `415-555-2671`, `138 1234 5678`. */
function nationalIn(c: Cluster, group: number): number {
  if (c.length(group) !== 3 && c.length(group) !== 1) return 0;
  const spaced = SPACES.has(c.separator(group + 1));
  const alike = c.alike(group, 4);
  if (alike >= 4 && c.form(group, 4) === 0x1334) return !spaced && c.text[c.begin(group)] === '1' ? 4 : 0;
  if (alike < 3) return 0;
  const form = c.form(group, 3);
  if (form === 0x334 && (!spaced || (NANP.test(c.join(group, 3)) && standsAlone(c, group, 3)))) return 3;
  const mobile =
    form === 0x344 && c.text[c.begin(group)] === '1' && c.text.charCodeAt(c.begin(group) + 1) > 50;
  return mobile && standsAlone(c, group, 3) ? 3 : 0;
}

const ZERO = 48;
const DOT = 46;

/** `020 7946 0958`, `01 23 45 67 89`, `0171-1234567`: a trunk prefix, nine to twelve digits, nothing before or after. */
function isTrunk(c: Cluster): boolean {
  const first = c.length(0);
  if (c.count < 2 || c.count > 5 || first < 2 || first > 5) return false;
  if (c.digits < 9 || c.digits > 12 || c.length(c.count - 1) < 2) return false;
  return !c.join(0, 1).startsWith('00') && standsAlone(c, 0, c.count);
}

/** `001-748-088-2851`: the international prefix of most of the world. */
function prefixedIn(c: Cluster, group: number): number {
  if (c.text.charCodeAt(c.begin(group) + 1) !== ZERO) return 0;
  const spaced = SPACES.has(c.separator(group + 1));
  for (let count = c.alike(group, 6); count >= 2; count--)
    if (isInternational(c.join(group, count).slice(2)) && (!spaced || standsAlone(c, group, count)))
      return count;
  return 0;
}

const MOST_DIGITS = 15;

/** Whether a word before or behind says that the cluster is a phone. */
function isAnnounced(c: Cluster): boolean {
  const grouped = c.count > 1;
  if (c.digits < (grouped ? 6 : 7) || c.digits > MOST_DIGITS) return false;
  const said = saidBefore(c.text, c.begin(0));
  if ((said & SAYS.phone) !== 0 || (grouped && (said & SAYS.call) !== 0 && c.separator(1) !== DOT))
    return true;
  return endOf(PLACE_BEHIND, c.text, c.end) >= 0;
}

/** Characters right before a number that make it part of something else. */
const NOT_BEFORE = new Set([...'._/-'].map((s) => s.charCodeAt(0)));

/** The phone number that begins with a group. */
export function phoneIn(c: Cluster, group: number): Finding | null {
  const start = c.begin(group);
  if (NOT_BEFORE.has(c.text.charCodeAt(start - 1))) return null;
  const zero = c.text.charCodeAt(start) === ZERO;
  let count = (zero ? prefixedIn(c, group) : 0) || nationalIn(c, group);
  if (count === 0 && group === 0 && ((zero && isTrunk(c)) || isAnnounced(c))) count = c.count;
  if (count === 0) return null;
  const end = c.close(group + count - 1);
  const extended = withExtension(c.text, end);
  return extended === end && isWordAt(c.text, end) ? null : { rule: 'phone', start, end: extended };
}
