import { mayBegin } from './beginnings.js';
import { KIND, KINDS, kindAt, LETTER, runEnd, WORD } from './characters.js';
import { endOf, type Finding } from './finding.js';
import { isOdd, mayEscape } from './hidden/escapes.js';
import { emailAt, urlCredentialsAt } from './mail.js';
import { namedAt } from './named/at.js';
import { gluedCardAt, numbersFrom } from './numbers/at.js';
import { ibanAt } from './numbers/iban.js';
import { ipv6At } from './numbers/ip.js';
import { nationalIdAt } from './numbers/national.js';
import { bracketedAt, internationalAt } from './numbers/phone.js';
import { keysAt } from './secrets/keys.js';
import { middleAt } from './secrets/middle.js';
import { spokenAt } from './secrets/spoken.js';

/** A run of characters of the base64 alphabets that may be an encoding of something. */
export interface Run {
  readonly start: number;
  readonly end: number;
}

/** What one pass over a text tells. */
export interface Scan {
  readonly found: Finding[];
  readonly runs: Run[];
  /** Whether a character may stand for another: an escape, or one beyond ASCII. */
  readonly disguised: boolean;
}

const SHORTEST_RUN = 16;
/** In a run this long a format is tried once: else every `eyJ-` of it would be a beginning to try to its end. */
const LONG_RUN = 1_024;
/** Letters of a NINO when it is written without spaces. */
const NINO = 9;
const HEX = KIND.digit | KIND.hexLetter;
const COLON = 58;

/** Characters beside letters and digits at which something may begin. */
const MARKS = new Uint8Array(128);
for (const c of '@:=>+(-.~%&\\') MARKS[c.charCodeAt(0)] = 1;

/**
 * One pass over the characters of a text, which stops where something can begin: at the first character of a word or
 * number, and at the few marks (`@`, `=`, `:` …) that give the rest away. What is looked for there is bounded, so the
 * pass takes time linear in the text.
 */
class Pass implements Scan {
  readonly found: Finding[] = [];
  readonly runs: Run[] = [];
  disguised = false;
  /** Nothing before this place may belong to another finding. */
  #free = 0;
  #runEnd = 0;
  /** Where a pattern that failed in a long run may be tried again. */
  #blocked: Map<RegExp, number> | null = null;

  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  run(): this {
    const text = this.#text;
    const { length } = text;
    let run = 0;
    for (let i = 0; i < length; ) {
      const c = text.charCodeAt(i);
      const kind = KINDS[c] as number;
      if ((kind & KIND.token) !== 0 && i >= run) {
        run = runEnd(text, i, KIND.token);
        this.#runEnd = run;
        if (run - i >= SHORTEST_RUN) this.runs.push({ start: i, end: run });
      }
      if ((kind & WORD) !== 0) {
        let kinds = kind;
        let end = i + 1;
        for (; end < length; end++) {
          const next = KINDS[text.charCodeAt(end)] as number;
          if ((next & WORD) === 0) break;
          kinds |= next;
        }
        // A word of letters alone, as most are, with nothing that begins like it.
        const dull = (kinds & KIND.digit) === 0 && end - i > 4 && !mayBegin(c, text.charCodeAt(i + 1));
        i = dull ? end : this.#word(i, end, kinds);
      } else if (c < 128) i = MARKS[c] === 1 ? this.#mark(i, c) : i + 1;
      else {
        this.disguised ||= isOdd(c);
        i++;
      }
    }
    return this;
  }

  #take(finding: Finding | null): number {
    if (finding === null) return 0;
    this.found.push(finding);
    this.#free = finding.end;
    return finding.end;
  }

  /** @param kinds of all its characters @returns where to go on */
  #word(start: number, end: number, kinds: number): number {
    const text = this.#text;
    const known = mayBegin(text.charCodeAt(start), text.charCodeAt(start + 1));
    const keyed = known ? this.#key(start) || this.#take(spokenAt(text, start)) : 0;
    if (keyed > 0) return keyed;
    if (end - start <= 4 && text.charCodeAt(end) === COLON) {
      const address = this.#hexAddress(start, end);
      if (address > 0) return address;
    }
    if ((kinds & LETTER) === 0) return this.#numbers(start);
    return this.#take(this.#mixed(start, end, kinds)) || end;
  }

  #numbers(start: number): number {
    const known = this.found.length;
    const end = numbersFrom(this.#text, start, this.found);
    if (this.found.length > known) this.#free = (this.found.at(-1) as Finding).end;
    return end;
  }

  /** A word with letters in it, and perhaps digits. */
  #mixed(start: number, end: number, kinds: number): Finding | null {
    const text = this.#text;
    const length = end - start;
    // `QQ 12 34 56 C`
    if (length === 2 && text[end] === ' ' && (kindAt(text, end + 1) & KIND.digit) !== 0)
      return nationalIdAt(text, start, NINO);
    if ((kinds & KIND.digit) === 0) return null;
    if ((kindAt(text, start + 1) & LETTER) !== 0 && (kindAt(text, start + 2) & KIND.digit) !== 0) {
      const iban = ibanAt(text, start);
      if (iban !== null) return iban;
    }
    return nationalIdAt(text, start, length) ?? gluedCardAt(text, start, end);
  }

  #hexAddress(start: number, end: number): number {
    const text = this.#text;
    if (text.charCodeAt(start - 1) === COLON) return 0;
    if (text.charCodeAt(end + 1) !== COLON && (kindAt(text, end + 1) & HEX) === 0) return 0;
    return this.#take(ipv6At(text, start));
  }

  #key(start: number): number {
    for (const { rule, pattern } of keysAt(this.#text, start)) {
      if (start < (this.#blocked?.get(pattern) ?? 0)) continue;
      const end = endOf(pattern, this.#text, start);
      if (end > 0)
        return this.#take({ rule, start, end: rule === 'private_key' ? bodyEnd(this.#text, end) : end });
      if (this.#runEnd - start > LONG_RUN) {
        this.#blocked ??= new Map();
        this.#blocked.set(pattern, this.#runEnd);
      }
    }
    return 0;
  }

  /** @returns where to go on */
  #mark(at: number, c: number): number {
    const text = this.#text;
    return this.#take(this.#marked(text, at, c, this.#free)) || (c === 0x2d ? this.#key(at) : 0) || at + 1;
  }

  #marked(text: string, at: number, c: number, free: number): Finding | null {
    switch (c) {
      case 0x40: // @
        return emailAt(text, at, free);
      case COLON:
        if (text.startsWith('//', at + 1)) return urlCredentialsAt(text, at, free);
        return middleAt(text, at, c, free) ?? namedAt(text, at);
      case 0x3d: // =
        if (text.startsWith('40', at + 1) || (kindAt(text, at + 1) & KIND.space) !== 0) this.disguised = true;
        return namedAt(text, at);
      case 0x3e: // >
        return namedAt(text, at);
      case 0x2b: // +
        return internationalAt(text, at);
      case 0x28: // (
        return bracketedAt(text, at);
      case 0x2d: // -
      case 0x2e: // .
      case 0x7e: // ~
        return middleAt(text, at, c, free);
      default: // % & \
        this.disguised ||= mayEscape(text, at, c);
        return null;
    }
  }
}

/** The end of the body of a key that has no end line, or is longer than a pattern reaches. */
function bodyEnd(text: string, from: number): number {
  if (text.endsWith('-----', from)) return from;
  let i = from;
  while (
    i < text.length &&
    ((kindAt(text, i) & (KIND.token | KIND.space)) !== 0 || text[i] === '=' || text[i] === '\\')
  )
    i++;
  return i;
}

export const scan = (text: string): Scan => new Pass(text).run();
