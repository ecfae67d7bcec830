import { HINT } from './hints.js';

/** A stretch of a text that is an encoding of another text. */
export interface Decoding {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Encoding {
  /** What gives the encoding away. Bounded, and never beginning with something optional: linear time. */
  readonly core: RegExp;
  /** Where the plain characters around the core end that belong to it (`ada%40example.com`); null for none. */
  readonly widen: ((c: number) => boolean) | null;
  /** Cheap test that must hold before it is tried. */
  readonly hint: number;
  readonly decode: (token: string) => string | null;
}

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\s]*$/u;

/** Most ids look like base64 or hex: they are turned away without a copy of their own. */
const scratch = Buffer.alloc(8_192);

function asText(token: string, encoding: 'base64' | 'base64url' | 'hex'): string | null {
  const length = scratch.write(token, 0, encoding);
  for (let i = 0; i < length; i++) {
    const byte = scratch[i] as number;
    if (byte < 9 || (byte > 13 && byte < 32) || byte === 127) return null;
  }
  const text = scratch.toString('utf8', 0, length);
  return text.includes('\ufffd') || !PRINTABLE.test(text) ? null : text;
}

function percent(token: string): string | null {
  try {
    return decodeURIComponent(token);
  } catch {
    return null;
  }
}

const unescaped = (token: string): string =>
  token.replace(
    /\\+u([0-9a-fA-F]{4})|\\+x([0-9a-fA-F]{2})/g,
    (_, u: string | undefined, x: string | undefined) =>
      String.fromCharCode(Number.parseInt(u ?? x ?? '20', 16)),
  );

const entities = (token: string): string =>
  token.includes('&')
    ? token
        .replace(
          /&#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}));/g,
          (_, hex: string | undefined, dec: string | undefined) => {
            const code = Number.parseInt(hex ?? dec ?? '', hex === undefined ? 10 : 16);
            return code <= 0x10ffff ? String.fromCodePoint(code) : '';
          },
        )
        .replaceAll('&commat;', '@')
    : token;

/** Invisible characters put between the letters to slip past a pattern, and full-width forms. */
const folded = (token: string): string =>
  token.replace(/[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g, '').normalize('NFKC');

/** Tells the characters at which an encoded stretch ends: a table, since it is asked for every character. */
function stops(characters: string): (c: number) => boolean {
  const table = new Uint8Array(128);
  for (const c of characters) table[c.charCodeAt(0)] = 1;
  return (c) => (c < 128 ? table[c] === 1 : c === 0xa0 || (c >= 0x2000 && c <= 0x200a) || c === 0x3000);
}

const SPACE = ' \t\n\v\f\r';
const BREAK = stops(`${SPACE}"'<>?;,`);

/**
 * Encodings in which personal data reaches logs: URLs, base64, hex, JSON inside strings, HTML, look-alike
 * characters. A stretch counts only if decoding it gives readable text.
 */
const ENCODINGS: readonly Encoding[] = [
  { core: /%[0-9A-Fa-f]{2}/g, widen: stops(`${SPACE}"'<>?;,&=`), hint: HINT.escapes, decode: percent },
  { core: /\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}/g, widen: BREAK, hint: HINT.escapes, decode: unescaped },
  { core: /&(?:#x?[0-9A-Fa-f]{1,7}|commat);/g, widen: BREAK, hint: HINT.escapes, decode: entities },
  {
    core: /[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\uff01-\uff5e]/g,
    widen: BREAK,
    hint: HINT.escapes,
    decode: folded,
  },
  {
    core: /(?<![A-Za-z0-9+/_=-])(?:[A-Za-z0-9+/]{12,8192}|[A-Za-z0-9_-]{12,8192})={0,2}(?![A-Za-z0-9+/_=-])/g,
    widen: null,
    hint: HINT.encoded,
    decode: (token) => asText(token, token.includes('-') || token.includes('_') ? 'base64url' : 'base64'),
  },
  {
    core: /(?<![A-Za-z0-9])(?:0x)?(?:[0-9a-fA-F]{2}){9,2048}(?![A-Za-z0-9])/g,
    widen: null,
    hint: HINT.encoded,
    decode: (token) => asText(token.replace(/^0x/, ''), 'hex'),
  },
];

const REACH = 512;

/** The stretch without a break around `[start, end)`, at most {@link REACH} characters to each side. */
function widened(text: string, start: number, end: number, stop: (c: number) => boolean): [number, number] {
  let from = start;
  let to = end;
  while (from > 0 && start - from < REACH && !stop(text.charCodeAt(from - 1))) from--;
  while (to < text.length && to - end < REACH && !stop(text.charCodeAt(to))) to++;
  return [from, to];
}

/** All encoded stretches of a text that decode to something else. */
export function* decodings(text: string, hints: number): Generator<Decoding> {
  for (const { core, widen, hint, decode } of ENCODINGS) {
    if ((hints & hint) === 0) continue;
    core.lastIndex = 0;
    for (let m = core.exec(text); m !== null; m = core.exec(text)) {
      const last = m.index + m[0].length;
      const [start, end] = widen === null ? [m.index, last] : widened(text, m.index, last, widen);
      const token = text.slice(start, end);
      const plain = decode(token);
      if (plain !== null && plain !== token) yield { start, end, text: plain };
      core.lastIndex = end;
    }
  }
}

/** Any of the encodings that replace single characters; cheap to rule out. */
const ESCAPED =
  /%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|&#|&commat;|[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\uff01-\uff5e]/;

/**
 * The whole text with single escaped characters taken literally, or null when there are none: a number with
 * spaces in it has only some of its characters escaped.
 */
export function unescapedWhole(text: string): string | null {
  if (!ESCAPED.test(text)) return null;
  const bytes = text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => percent(run) ?? run);
  const plain = folded(entities(unescaped(bytes)));
  return plain === text ? null : plain;
}
