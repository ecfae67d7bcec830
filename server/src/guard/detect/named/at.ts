import { isDigitAt, isWordAt, KIND, kindAt, WORD } from '../characters.js';
import type { Finding } from '../finding.js';
import { type Meaning, meaningOf } from './names.js';
import { ruleOf } from './values.js';

const LONGEST_NAME = 64;
/** As much of a value is looked at; what turns out to be one goes whole. */
const LONGEST_VALUE = 512;
/** Names, numbers and addresses are no longer. */
const LONGEST_LOOSE = 160;
const LONGEST_TAKEN = 1 << 19;

const QUOTES = new Set([...`"'\`\\`].map((c) => c.charCodeAt(0)));
const inName = (text: string, at: number): boolean =>
  (kindAt(text, at) & WORD) !== 0 || text[at] === '_' || text[at] === '-' || text[at] === '.';
const isSpace = (text: string, at: number): boolean => (kindAt(text, at) & KIND.space) !== 0;

/** The name that ends before a separator; spaces and quotes, escaped or not, may stand between. */
function nameBefore(text: string, separator: number): { name: string; start: number } | null {
  let end = separator;
  for (let n = 0; n < 3 && isSpace(text, end - 1); n++) end--;
  for (let n = 0; n < 6 && QUOTES.has(text.charCodeAt(end - 1)); n++) end--;
  let start = end;
  while (start > 0 && end - start < LONGEST_NAME && inName(text, start - 1)) start--;
  // A time or another number is no name.
  if (start === end || (kindAt(text, start) & KIND.digit) !== 0) return null;
  return { name: text.slice(start, end), start };
}

/** `curl -u name:password` */
const isUserOption = (text: string, at: number): boolean =>
  text[at - 1] === ' ' && (text.startsWith(' -u', at - 4) || text.startsWith('--user', at - 7));

/** Last words of names of several: `Social Security number: …`. */
const LAST_WORDS =
  /^(?:number|no|nr|num|id|key|token|code|name|address|birth|license|licence|card|phone|line|\d)$/i;

function meaningBefore(text: string, separator: number): Meaning | null {
  const last = nameBefore(text, separator);
  if (last === null || (text[separator] === '>' && text[last.start - 1] !== '<')) return null;
  if (isUserOption(text, last.start)) return 'secret';
  if (text[last.start - 1] === ' ' && LAST_WORDS.test(last.name)) {
    const first = nameBefore(text, last.start - 1);
    const earlier =
      first === null || text[first.start - 1] !== ' ' ? null : nameBefore(text, first.start - 1);
    for (const head of [`${earlier?.name ?? ''} ${first?.name ?? ''}`, first?.name ?? '']) {
      const meaning = meaningOf(`${head} ${last.name}`);
      if (meaning !== null && meaningOf(last.name) !== meaning) return meaning;
    }
  }
  return meaningOf(last.name);
}

/** Values that may have spaces in them, also without quotes. */
const LOOSE = new Set<Meaning>([
  'header',
  'cookie',
  'person_name',
  'name',
  'address',
  'place',
  'phone',
  'card_number',
  'ssn',
  'person_id',
  'document_number',
  'bank_account',
  'birth_date',
]);

interface Value {
  readonly start: number;
  readonly end: number;
}

/** The value behind a separator: to its closing quote, or to what ends a value without one. */
function valueAfter(text: string, separator: number, meaning: Meaning, longest: number): Value {
  let i = separator + 1;
  if (text[i] === '>' || text[i] === '=') i++;
  for (let n = 0; n < 3 && isSpace(text, i); n++) i++;
  const opening = i;
  while (i - opening < 8 && text[i] === '\\') i++;
  const quote = text.charCodeAt(i);
  if (QUOTES.has(quote)) return quoted(text, i + 1, quote, i - opening, longest);
  return { start: opening, end: bareEnd(text, opening, meaning, longest) };
}

/** To the quote that has as many backslashes before it as the opening one; a quote with more belongs to the value. */
function quoted(text: string, start: number, quote: number, slashes: number, longest: number): Value {
  const last = Math.min(text.length, start + longest);
  for (let i = start, run = 0; i < last; i++) {
    const c = text.charCodeAt(i);
    if (c === quote && run <= slashes) return { start, end: i - run };
    run = c === 92 ? run + 1 : 0;
  }
  return { start, end: last };
}

const ENDS = new Set([...' \t\n\r",;&}])<>|\'`\\'].map((c) => c.charCodeAt(0)));
const LOOSE_ENDS = new Set([...'\n\r\t",;&}]<>|`\\='].map((c) => c.charCodeAt(0)));
const EQUALS = 61;
const ADDRESS_ENDS = new Set([...'\n\r\t";}]<>|`\\='].map((c) => c.charCodeAt(0)));
const LINE_ENDS = new Set([...'\n\r"\'`\\}]<>|'].map((c) => c.charCodeAt(0)));

function bareEnd(text: string, start: number, meaning: Meaning, longest: number): number {
  const ends = endsOf(meaning);
  const last = Math.min(text.length, start + longest);
  let i = start;
  while (i < last && !ends.has(text.charCodeAt(i))) i++;
  if (text[i] === '=' && ends.has(EQUALS)) {
    // The next pair has begun: `name=Ada Lovelace id=7`.
    while (i > start && !isSpace(text, i - 1)) i--;
  }
  while (i > start && isSpace(text, i - 1)) i--;
  return i;
}

function endsOf(meaning: Meaning): ReadonlySet<number> {
  if (meaning === 'header' || meaning === 'cookie') return LINE_ENDS;
  if (meaning === 'address') return ADDRESS_ENDS;
  return LOOSE.has(meaning) ? LOOSE_ENDS : ENDS;
}

/** What loose values keep when words of the text follow them: `phone: 73 448 266 was called`. */
const FORMS: Partial<Record<Meaning, RegExp>> = {
  phone: /^\+?[\d(][\d ().+/-]{4,24}\d(?: ?(?:x|ext\.?) ?\d{1,6})?/i,
  card_number: /^\d[\d -]{10,24}\d/,
  ssn: /^\d{3}[ .-]?\d{2}[ .-]?\d{4}/,
  person_id: /^[A-Z]{0,6}[-. ]?\d(?:[A-Z0-9./-]| (?=\d|[A-Z]\b)){3,24}/i,
  document_number: /^[A-Z0-9-]{5,24}/i,
  bank_account: /^(?:[A-Z]{2}\d\d)?\d[\dA-Z -]{5,34}/i,
  person_name: /^\p{L}[\p{L}\p{M}'’.-]{0,40}(?: \p{Lu}[\p{L}\p{M}'’.-]{0,40}){0,3}/u,
  name: /^\p{Lu}[\p{L}\p{M}'’-]{1,40}(?: \p{Lu}[\p{L}\p{M}'’.-]{0,40}){1,3}/u,
  place: /^[\p{L}\p{N}][\p{L}\p{M}\p{N}'’-]{1,40}(?: \p{Lu}[\p{L}\p{M}'’-]{1,40}){0,2}(?![\w.])/u,
  birth_date: /^\d[\d./-]{5,9}|^\d{1,2}\.? \p{L}{3,9} \d{4}|^\p{L}{3,9} \d{1,2}, \d{4}/u,
};

/** The value that a name before this `=`, `:` or `>` declares to be personal or secret. */
export function namedAt(text: string, separator: number): Finding | null {
  if (
    !isWordAt(text, separator - 1) &&
    !QUOTES.has(text.charCodeAt(separator - 1)) &&
    !isSpace(text, separator - 1)
  )
    return null;
  // A time of day.
  if (isDigitAt(text, separator - 1) && isDigitAt(text, separator + 1)) return null;
  const meaning = meaningBefore(text, separator);
  if (meaning === null) return null;
  const longest =
    meaning === 'header' || meaning === 'cookie' || !LOOSE.has(meaning) ? LONGEST_VALUE : LONGEST_LOOSE;
  const { start, end } = valueAfter(text, separator, meaning, longest);
  const value = text.slice(start, end);
  const rule = ruleOf(meaning, value, text, start);
  if (rule !== null) {
    const whole = end - start < LONGEST_VALUE ? end : valueAfter(text, separator, meaning, LONGEST_TAKEN).end;
    return { rule, start, end: whole };
  }
  const part = FORMS[meaning]?.exec(value)?.[0];
  if (part === undefined || part === value) return null;
  const inner = ruleOf(meaning, part, text, start);
  return inner === null ? null : { rule: inner, start, end: start + part.length };
}
