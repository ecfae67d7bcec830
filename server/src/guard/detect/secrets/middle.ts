import { KIND, kindAt, LETTER } from '../characters.js';
import type { Finding } from '../finding.js';

/** Tokens that are known by what stands in their middle; `reach` is how far before it they may begin. */
const MIDDLES: readonly { mark: string; reach: number; pattern: RegExp }[] = [
  // Telegram: number of the bot, colon, key.
  { mark: ':A', reach: 10, pattern: /\d{8,10}:A[\w-]{34}(?![\w-])/y },
  // Terraform Cloud
  { mark: '.atlasv1.', reach: 14, pattern: /[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}/y },
  // Microsoft Entra client secret
  { mark: '~', reach: 5, pattern: /[\w.~]{3}\dQ~[\w.~-]{31,34}/y },
  // Mailchimp
  { mark: '-us', reach: 32, pattern: /[a-f0-9]{32}-us\d{1,2}(?![\w-])/y },
];

export const MIDDLE_PATTERNS = MIDDLES.map((m) => m.pattern);

/** By its first character: the second of the mark, or 1 for any. */
const SECOND = new Uint8Array(128);
for (const { mark } of MIDDLES) SECOND[mark.charCodeAt(0)] = mark.length > 1 ? mark.charCodeAt(1) : 1;

/** The token whose mark begins with the character `c` at a place; nothing before `from` may belong to it. */
export function middleAt(text: string, at: number, c: number, from: number): Finding | null {
  if (SECOND[c] !== 1 && SECOND[c] !== text.charCodeAt(at + 1)) return null;
  for (const { mark, reach, pattern } of MIDDLES) {
    if (!text.startsWith(mark, at)) continue;
    let start = at;
    while (start > from && at - start < reach && isInside(text, start - 1)) start--;
    pattern.lastIndex = start;
    if (pattern.test(text)) return { rule: 'cloud_key', start, end: pattern.lastIndex };
  }
  return null;
}

const isInside = (text: string, at: number): boolean =>
  (kindAt(text, at) & (LETTER | KIND.digit)) !== 0 || text[at] === '.' || text[at] === '_';
