/** What one pass over the characters of a text tells: which rules and encodings are worth trying. A set of bits. */
export const HINT = {
  at: 1,
  /** Seven or more digits in all. */
  digits: 2,
  /** An unbroken run of 16 or more visible characters. */
  longToken: 4,
  /** A word that announces a secret may be near: `=`, `:` or a space, in a text of more than eight characters. */
  assignment: 8,
  /** A character that an escaped or disguised one begins with: `%`, `\\`, `&` or anything beyond ASCII. */
  escapes: 16,
  /** An unbroken run of 12 or more characters of the base64 alphabets. */
  encoded: 32,
} as const;

const DIGITS = 7;
const LONG_TOKEN = 16;
const ENCODED = 12;
const ASSIGNMENT = 8;

const DIGIT = 64;
const VISIBLE = 128;
const BASE64 = 256;

const KINDS = new Uint16Array(128);
for (let c = 33; c < 127; c++) KINDS[c] = VISIBLE;
const mark = (characters: string, kind: number): void => {
  for (const c of characters) KINDS[c.charCodeAt(0)] = (KINDS[c.charCodeAt(0)] ?? 0) | kind;
};
mark('0123456789', DIGIT);
mark('@', HINT.at);
mark('=: ', HINT.assignment);
mark('%\\&', HINT.escapes);
mark('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/_-', BASE64);

const FULL_WIDTH_AT = 0xff20;

/** The hints of a text; 0 when there is nothing to find in it. */
export function look(text: string): number {
  let seen = 0;
  let digits = 0;
  let visible = 0;
  let longest = 0;
  let base64 = 0;
  let longestBase64 = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const kind = c < 128 ? (KINDS[c] as number) : c === FULL_WIDTH_AT ? HINT.at | HINT.escapes : HINT.escapes;
    seen |= kind;
    if ((kind & DIGIT) !== 0) digits++;
    if ((kind & VISIBLE) !== 0) visible++;
    else {
      if (visible > longest) longest = visible;
      visible = 0;
    }
    if ((kind & BASE64) !== 0) base64++;
    else {
      if (base64 > longestBase64) longestBase64 = base64;
      base64 = 0;
    }
  }
  let hints = seen & (HINT.at | HINT.escapes);
  if (digits >= DIGITS) hints |= HINT.digits;
  if (Math.max(visible, longest) >= LONG_TOKEN) hints |= HINT.longToken;
  if ((seen & HINT.assignment) !== 0 && text.length > ASSIGNMENT) hints |= HINT.assignment;
  if (Math.max(base64, longestBase64) >= ENCODED) hints |= HINT.encoded;
  return hints;
}
