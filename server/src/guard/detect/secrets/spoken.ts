import type { Finding } from '../finding.js';

/**
 * Secrets and numbers that a word announces without `=` or `:` (those are in `named/`). A group named `value` at the
 * end of a pattern narrows the finding to it. All patterns are sticky and begin with one of their heads, in any case.
 */
export interface Spoken {
  readonly rule: string;
  readonly heads: readonly string[];
  readonly pattern: RegExp;
}

export const SPOKEN: readonly Spoken[] = [
  {
    rule: 'bearer_token',
    heads: ['bea', 'bas', 'dig', 'neg'],
    pattern:
      /(?:bearer|basic|digest|negotiate)\s{1,4}(?=[A-Za-z~+/=-]{0,64}[\d_.])[\w.~+/-]{8,4096}={0,2}(?![=\w])/iy,
  },
  {
    rule: 'bearer_token',
    heads: ['bea', 'bas'],
    pattern:
      /(?:bearer|basic)\s{1,4}(?=[a-z+/]{0,64}[A-Z])(?=[A-Z+/]{0,64}[a-z])[A-Za-z0-9+/]{16,4096}={1,2}/iy,
  },
  {
    rule: 'secret',
    heads: ['pas', 'sec', 'pwd'],
    pattern:
      /(?:pass(?:word|wd|phrase|code)|secret|pwd)(?: for [\w.@-]{1,64})? (?:is|was|set to|changed to)[ :]{1,2}["'`]?(?<value>(?=[^\s"'`,;]{0,64}[\d!$%^&*#@])[^\s"'`,;]{4,256})/iy,
  },
  {
    rule: 'secret',
    heads: ['ide'],
    pattern: /identified by (?:password )?["'`](?<value>[^"'`\s]{1,256})/iy,
  },
  {
    rule: 'secret',
    heads: ['pas', 'tok', 'sec', 'api', 'cli', 'acc', 'aut', 'pri'],
    pattern:
      /(?<=--?)(?:password|passwd|pass|token|secret|api-?key|client-secret|access-(?:key|token)|auth-token|private-key) ["']?(?<value>(?!-)[^\s"'\\]{4,256})/iy,
  },
  {
    rule: 'document_number',
    heads: ['pas', 'dri', 'lic'],
    pattern:
      /(?:passport|driv(?:er|ing)(?:'?s|’s)? licen[cs]e|licen[cs]e)(?: (?:number|no\.?|nr\.?|id|#)){0,2}(?: is|:| =|#)? #?(?<value>(?=[A-Z]{0,3}\d)[A-Z0-9]{6,18}(?![\w-]))/iy,
  },
  {
    rule: 'birth_date',
    heads: ['bor'],
    pattern:
      /born(?: on| in)?:? (?<value>\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}\.? \p{L}{3,9} \d{4}|\p{L}{3,9} \d{1,2}, \d{4})/iuy,
  },
  {
    rule: 'person_name',
    heads: ['dea'],
    pattern:
      /Dear (?:Mrs?\.? |Ms\.? |Dr\.? )?(?<value>(?!Sir|Madam|All|Team|Customer|User|Colleague)[A-Z][\p{L}'’-]{1,40}(?: [A-Z][\p{L}'’.-]{0,40}){0,3})(?=[,!:]|$|\n)/uy,
  },
  {
    rule: 'person_name',
    heads: ['my '],
    pattern: /[Mm]y name is (?<value>[A-Z][\p{L}'’-]{1,40}(?: [A-Z][\p{L}'’.-]{0,40}){0,3})/uy,
  },
];

const BY_HEAD = new Map<number, Spoken[]>();
const LOWER = 0x20;
/** The first three characters, in lower case. */
const indexOf = (text: string, at: number): number =>
  ((text.charCodeAt(at) | LOWER) << 16) |
  ((text.charCodeAt(at + 1) | LOWER) << 8) |
  (text.charCodeAt(at + 2) | LOWER);
for (const one of SPOKEN)
  for (const head of one.heads) {
    BY_HEAD.set(indexOf(head, 0), [...(BY_HEAD.get(indexOf(head, 0)) ?? []), one]);
  }

/** What the words from a place on announce. */
export function spokenAt(text: string, at: number): Finding | null {
  const candidates = BY_HEAD.get(indexOf(text, at));
  if (candidates === undefined) return null;
  for (const { rule, pattern } of candidates) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) continue;
    const end = at + match[0].length;
    const value = match.groups?.value;
    return { rule, start: value === undefined ? at : end - value.length, end };
  }
  return null;
}
