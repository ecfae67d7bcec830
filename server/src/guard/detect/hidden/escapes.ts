import { KIND, kindAt } from '../characters.js';

/** A text with its escapes taken literally, and where in the original each of its characters stands. */
export interface Plain {
  readonly text: string;
  /** One more than the text has characters: the end of the original closes it. */
  readonly at: Uint32Array;
}

/**
 * Everything that stands for another character: percent-encoding, escapes of JSON and programming languages (escaped
 * again any number of times), HTML entities, the `=40` of quoted-printable, invisible characters, and look-alikes beyond ASCII.
 */
export const ESCAPES =
  /(?<percent>(?:%[0-9A-Fa-f]{2}){1,64})|%u(?<legacy>[0-9A-Fa-f]{4})|\\{1,16}(?:u(?<u>[0-9A-Fa-f]{4})|u\{(?<point>[0-9A-Fa-f]{1,6})\}|x(?<x>[0-9A-Fa-f]{2})|(?<control>[nrtbf]))|&(?:amp;){0,4}(?:#(?<decimal>\d{1,7})|#[xX](?<hex>[0-9A-Fa-f]{1,6})|(?<entity>commat|period|plus|nbsp|lpar|rpar|hyphen|dash|colon|equals|quot|apos));|(?<soft>=\r?\n)|=(?<quoted>40)(?=[A-Za-z])|(?<none>\u034f|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]|[\ufe00-\ufe0f])|(?<odd>[\u00a0\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u2000-\u200a\u2010-\u2015\u202f\u205f\u2212\u3000\ufe52\ufe6b\uff01-\uff5e])/g;

const BEHIND_SLASH = new Set([...'uxnrtbf\\'].map((c) => c.charCodeAt(0)));
const BEHIND_AND = new Set([...'#acpnlrhdeq'].map((c) => c.charCodeAt(0)));

/** Whether an escape may begin with the `%`, `&` or `\` at a place. */
export function mayEscape(text: string, at: number, c: number): boolean {
  const next = text.charCodeAt(at + 1);
  if (c === 0x5c) return BEHIND_SLASH.has(next);
  if (c === 0x26) return BEHIND_AND.has(next) && text.slice(at + 2, at + 9).includes(';');
  return (kindAt(text, at + 1) & (KIND.digit | KIND.hexLetter)) !== 0 || next === 0x75;
}

/** Whether a character beyond ASCII is one of {@link ESCAPES}. */
export const isOdd = (c: number): boolean =>
  c < 0x180
    ? c === 0xa0 || c === 0xad
    : c < 0x34f
      ? false
      : c < 0x2000
        ? ODD.test(String.fromCharCode(c))
        : true;
const ODD = /\u034f|[\u061c\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u180e]/;

const ENTITIES: Readonly<Record<string, string>> = {
  commat: '@',
  period: '.',
  plus: '+',
  nbsp: ' ',
  lpar: '(',
  rpar: ')',
  hyphen: '-',
  dash: '-',
  colon: ':',
  equals: '=',
  quot: '"',
  apos: "'",
};

const point = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : '');
const hex = (digits: string): string => point(Number.parseInt(digits, 16));

/** Digits of other scripts, dashes and spaces as ASCII has them. */
function folded(odd: string): string {
  const c = odd.charCodeAt(0);
  for (const zero of [0x660, 0x6f0, 0x966]) if (c >= zero && c < zero + 10) return String(c - zero);
  if ((c >= 0x2010 && c <= 0x2015) || c === 0x2212) return '-';
  const plain = odd.normalize('NFKC');
  return plain.length === 1 ? plain : ' ';
}

/** UTF-8, or byte by byte where it is none. */
function bytes(percent: string): string {
  const raw = Buffer.from(percent.replaceAll('%', ''), 'hex');
  const text = raw.toString('utf8');
  return text.includes('\ufffd') ? raw.toString('latin1') : text;
}

function meant(groups: Readonly<Record<string, string | undefined>>): string {
  const g = groups;
  if (g.percent !== undefined) return bytes(g.percent);
  const code = g.legacy ?? g.u ?? g.point ?? g.x ?? g.hex ?? g.quoted;
  if (code !== undefined) return hex(code);
  if (g.control !== undefined) return '\n';
  if (g.decimal !== undefined) return point(Number(g.decimal));
  if (g.entity !== undefined) return ENTITIES[g.entity] ?? ' ';
  if (g.odd !== undefined) return folded(g.odd);
  return '';
}

/** The text with one level of escapes taken literally; null when there are none. */
export function unescaped(text: string): Plain | null {
  ESCAPES.lastIndex = 0;
  let match = ESCAPES.exec(text);
  if (match === null) return null;
  const at = new Uint32Array(text.length + 1);
  let plain = '';
  let length = 0;
  let from = 0;
  const copy = (to: number): void => {
    for (let i = from; i < to; i++) at[length++] = i;
    plain += text.slice(from, to);
  };
  for (; match !== null; match = ESCAPES.exec(text)) {
    copy(match.index);
    const one = meant(match.groups ?? {});
    // Of several bytes it is not worth telling which character is which: all begin with the first.
    const width = match.groups?.percent === undefined ? 0 : 3;
    for (let i = 0; i < one.length; i++)
      at[length++] = match.index + Math.min(i * width, match[0].length - 1);
    plain += one;
    from = match.index + match[0].length;
  }
  copy(text.length);
  at[length] = text.length;
  return { text: plain, at: at.subarray(0, length + 1) };
}
