/** Kinds of ASCII characters as bits, in a table: they are asked for at every character of every text. */
export const KIND = { digit: 1, upper: 2, lower: 4, hexLetter: 8, token: 16, space: 32 } as const;

/** For every code unit there is: a look-up needs no check of its bounds. */
export const KINDS = new Uint8Array(1 << 16);
const mark = (characters: string, kind: number): void => {
  for (const c of characters) KINDS[c.charCodeAt(0)] = (KINDS[c.charCodeAt(0)] ?? 0) | kind;
};
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
mark('0123456789', KIND.digit);
mark(LOWER.toUpperCase(), KIND.upper);
mark(LOWER, KIND.lower);
mark('abcdefABCDEF', KIND.hexLetter);
mark(`0123456789${LOWER}${LOWER.toUpperCase()}+/_-`, KIND.token);
mark(' \t\n\v\f\r', KIND.space);

export const LETTER = KIND.upper | KIND.lower;
export const WORD = LETTER | KIND.digit;

/** The kinds of the character at a place; 0 beyond the ends and beyond ASCII. */
export const kindAt = (text: string, at: number): number =>
  at >= 0 && at < text.length ? (KINDS[text.charCodeAt(at)] as number) : 0;

export const isDigit = (c: number): boolean => c >= 48 && c <= 57;
export const isWordAt = (text: string, at: number): boolean => (kindAt(text, at) & WORD) !== 0;
export const isDigitAt = (text: string, at: number): boolean => isDigit(text.charCodeAt(at));

/** The end of the unbroken run of characters of these kinds. */
export function runEnd(text: string, from: number, kinds: number, most = text.length): number {
  const end = Math.min(text.length, most);
  let i = from;
  while (i < end && (kindAt(text, i) & kinds) !== 0) i++;
  return i;
}
