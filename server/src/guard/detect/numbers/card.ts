import { isWordAt } from '../characters.js';
import type { Finding } from '../finding.js';
import { luhn } from './checks.js';
import type { Cluster } from './cluster.js';

/** Issuer ranges in use with their lengths: Visa, Mastercard, American Express, Diners, JCB, Maestro, Discover, UnionPay, RuPay, Mir. */
const ISSUERS: readonly RegExp[] = [
  /^4(?:\d{12}|\d{15}|\d{18})$/,
  /^(?:5[0-8]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|220[0-4]\d{12})$/,
  /^3[47]\d{13}$/,
  /^3(?:0[0-59]|[68]\d)\d{11}(?:\d{2}|\d{5})?$/,
  /^35\d{14}(?:\d{3})?$/,
  /^(?:2131|1800)\d{11}$/,
  /^(?:50(?:18|20|38)|5[6-8]\d\d|5893|6304|6759|676[1-3])\d{8,15}$/,
  /^6(?:0|2|4[4-9]|5|7)\d{14,16}(?:\d{3})?$/,
  /^8[12]\d{14}$/,
];

/** Luhn, and issuer ranges in use with their lengths; spares most order numbers that pass Luhn. */
export function isCardNumber(digits: string): boolean {
  return (
    digits.length <= 19 &&
    luhn(digits) &&
    ISSUERS.some((issuer) => issuer.test(digits)) &&
    !/^(\d)\1+$/.test(digits)
  );
}

/** How cards are printed and typed; a long number in other groups is none. */
const GROUPINGS = new Set([0x4444, 0x44443, 0x465, 0x464, 0x445, 0x6d, 0x88, 0x4443, 0x4442]);
const MOST_GROUPS = 5;
const FEWEST_IN_GROUP = 4;
const DOT = 46;

/** The card number that begins with a group. */
export function cardIn(c: Cluster, group: number): Finding | null {
  if (c.length(group) < FEWEST_IN_GROUP) return null;
  for (let count = c.alike(group, MOST_GROUPS); count > 0; count--) {
    const form = c.form(group, count);
    if (count === 1 ? form < 12 || c.separator(group) === DOT : !GROUPINGS.has(form)) continue;
    const end = c.close(group + count - 1);
    if (isWordAt(c.text, end) || !isCardNumber(c.join(group, count))) continue;
    return { rule: 'card', start: c.begin(group), end };
  }
  return null;
}

/** A card number as a float is printed: `4.539148803436467E15`. */
export const FLOAT = /\d\.\d{11,18}[eE]\+?1[1-8]/y;

export function floatCardAt(text: string, at: number): Finding | null {
  FLOAT.lastIndex = at;
  const match = FLOAT.exec(text)?.[0];
  if (match === undefined) return null;
  const [mantissa = '', exponent = ''] = match.split(/e\+?/i);
  const digits = mantissa.replace('.', '').padEnd(Number(exponent) + 1, '0');
  return isCardNumber(digits) ? { rule: 'card', start: at, end: at + match.length } : null;
}
