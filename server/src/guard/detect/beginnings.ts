import { KEYS } from './secrets/keys.js';
import { SPOKEN } from './secrets/spoken.js';

/** The first two characters of everything that begins with letters: most words of a text begin otherwise. */
const PAIRS = new Uint8Array(1 << 14);
const indexOf = (first: number, second: number): number => (first << 7) | second;

for (const head of KEYS.flatMap((key) => key.heads))
  PAIRS[indexOf(head.charCodeAt(0), head.charCodeAt(1))] = 1;
for (const head of SPOKEN.flatMap((one) => one.heads))
  for (const first of [head[0] as string, (head[0] as string).toUpperCase()])
    for (const second of [head[1] as string, (head[1] as string).toUpperCase()])
      PAIRS[indexOf(first.charCodeAt(0), second.charCodeAt(0))] = 1;

/** Whether a key or a spoken secret may begin with these two characters; `second` beyond the end of the text is NaN. */
export const mayBegin = (first: number, second: number): boolean =>
  first < 128 && second < 128 && PAIRS[indexOf(first, second)] === 1;
