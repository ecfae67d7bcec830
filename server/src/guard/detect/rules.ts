import { ibanLength, isCardNumber, isIban } from './checksums.js';
import { HINT } from './hints.js';

/**
 * What to look for in free text. Repeats are bounded and do not begin where another may still go on, so a
 * pattern runs in linear time. A group named `value` at the end of a pattern narrows the finding to it, one named
 * `head` in a lookbehind widens it.
 */
export interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  /** Cheap test that must hold before the pattern is tried. */
  readonly hint: number;
  /** Says no to a match that only looks like it. */
  readonly accept?: (match: string) => boolean;
}

const digitsOf = (text: string): string => text.replace(/\D/g, '');

function isPhone(match: string): boolean {
  const n = digitsOf(match).length;
  return match.startsWith('+') || match.startsWith('00') ? n >= 8 && n <= 17 : n >= 9 && n <= 12;
}

export const RULES: readonly Rule[] = [
  {
    name: 'private_key',
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:[^-]|-(?!----END )){0,8192}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?/g,
    hint: HINT.longToken,
  },
  {
    name: 'jwt',
    // Looked for backwards from its first dot: forwards, every `eyJ-` of a long run would be a beginning to try.
    pattern: /\.(?<=(?<head>\beyJ[\w-]{8,4096})\.)[\w-]{4,8192}(?:\.[\w-]{0,2048})?/g,
    hint: HINT.longToken,
  },
  {
    name: 'bearer_token',
    pattern: /\b(?:bearer|basic|digest)\s{1,4}(?=[\w.~+/=-]{0,64}[\d_.=+/-])[\w.~+/-]{8,4096}={0,2}/gi,
    hint: HINT.assignment,
  },
  {
    name: 'cloud_key',
    pattern:
      /\b(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}|AIza[\w-]{35}|ya29\.[\w-]{20,512}|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{22,255}|glpat-[\w-]{20,64}|xox[abeoprs]-[\w-]{10,255}|xapp-[\w-]{10,255}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,255}|sk-(?:ant-|proj-)?[\w-]{20,255}|SG\.[\w-]{16,64}\.[\w-]{16,64}|npm_[A-Za-z0-9]{30,64}|plk_[\w-]{20,128}|hv[sb]\.[\w-]{20,255}|dop_v1_[a-f0-9]{64}|AGE-SECRET-KEY-1[A-Z0-9]{40,70})/g,
    hint: HINT.longToken,
  },
  {
    name: 'secret',
    pattern:
      /(?:passw(?:or)?d|passphrase|pwd|secret|api[_-]?key|apikey|access[_-]?key|account[_-]?key|private[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token|session[_-]?token|client[_-]?secret|credential)s?["']?\s{0,3}(?:[:=]|=>)\s{0,3}["']?(?<value>(?!\[)[^\s"',;&}\])]{4,512})/gi,
    hint: HINT.assignment,
  },
  {
    name: 'url_credentials',
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/@:"'<>]{0,128}:[^\s/@"'<>]{1,256}@/gi,
    hint: HINT.at,
  },
  {
    name: 'email',
    pattern:
      /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+'-]{1,64}[@＠][\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu,
    hint: HINT.at,
  },
  {
    name: 'iban',
    pattern: /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])/g,
    hint: HINT.digits,
  },
  {
    name: 'card',
    pattern: /(?<![\w.-])\d(?:[ .-]?\d){11,18}(?![\w-]|\.\d)/g,
    hint: HINT.digits,
    accept: isCardNumber,
  },
  {
    name: 'us_ssn',
    pattern: /(?<![\w-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])/g,
    hint: HINT.digits,
  },
  {
    name: 'us_ssn',
    pattern:
      /(?<=\b(?:ssn|social security(?: number| no)?)\W{1,4})(?!000|666|9\d\d)\d{3}(?!00)\d{2}(?!0000)\d{4}(?!\d)/gi,
    hint: HINT.digits,
  },
  {
    name: 'phone',
    pattern: /(?<![\w.+/-])(?:\+|00)[1-9](?:[ ()./-]{0,2}\d){7,14}(?![\w-]|\.\d)/g,
    hint: HINT.digits,
    accept: isPhone,
  },
  {
    name: 'phone',
    pattern: /(?<![\w.+/:-])(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-]|\.\d)/g,
    hint: HINT.digits,
    accept: isPhone,
  },
  {
    name: 'phone',
    pattern: /(?<![\w.+/:-])\(?0\d{2,4}\)?[ -]\d{3,4}[ -]?\d{3,5}(?![\w-]|\.\d|:)/g,
    hint: HINT.digits,
    accept: isPhone,
  },
];

/** An IBAN may be followed by words: the length its country gives it is the IBAN. @returns 0 when it is none. */
export function ibanPrefix(match: string): number {
  const length = ibanLength(match.slice(0, 2).toUpperCase());
  let letters = '';
  for (let i = 0; i < match.length && letters.length < length; i++) {
    const c = match[i] as string;
    if (c !== ' ' && c !== '-') letters += c;
    if (letters.length === length) return isIban(letters.toUpperCase()) ? i + 1 : 0;
  }
  return 0;
}
