import { KIND, kindAt, runEnd, WORD } from '../characters.js';
import type { Run } from '../scan.js';

const LONGEST = 1 << 16;
const SHORTEST = 16;
const HEX = /^(?:[0-9a-fA-F]{2}){9,}$/;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\p{Cf}\s]*$/u;

const SIX = new Int8Array(128).fill(-1);
[...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].forEach((c, i) => {
  SIX[c.charCodeAt(0)] = i;
});
SIX[45] = 62;
SIX[95] = 63;
const bitsAt = (text: string, at: number): number => SIX[text.charCodeAt(at)] as number;

const isControl = (byte: number): boolean => byte < 9 || (byte > 13 && byte < 32) || byte === 127;
const SAMPLE = 32;

/** Whether the first bytes could be of a text: most runs are ids, and are turned away here. */
function beginsText(text: string, start: number, end: number): boolean {
  const last = Math.min(end, start + SAMPLE) - 3;
  for (let i = start; i < last; i += 4) {
    const bits =
      (bitsAt(text, i) << 18) |
      (bitsAt(text, i + 1) << 12) |
      (bitsAt(text, i + 2) << 6) |
      bitsAt(text, i + 3);
    if (isControl((bits >> 16) & 255) || isControl((bits >> 8) & 255) || isControl(bits & 255)) return false;
  }
  return true;
}

const scratch = Buffer.alloc(LONGEST);

function asText(token: string, encoding: 'base64' | 'hex'): string | null {
  const length = scratch.write(token, 0, encoding);
  for (let i = 0; i < length; i++) if (isControl(scratch[i] as number)) return null;
  const text = scratch.toString('utf8', 0, length);
  return text.includes('\ufffd') || !PRINTABLE.test(text) ? null : text;
}

/** A stretch of a text that is another text, encoded. */
export interface Decoded extends Run {
  readonly plain: string;
}

function decoded(text: string, start: number, end: number): Decoded | null {
  if (end - start < SHORTEST || end - start > LONGEST) return null;
  const hex =
    (kindAt(text, start) & KIND.digit) !== 0 && runEnd(text, start, KIND.digit | KIND.hexLetter) >= end;
  if (!hex && !beginsText(text, start, end)) return null;
  const token = text.slice(start, end);
  const plain = (hex && HEX.test(token) ? asText(token, 'hex') : null) ?? asText(token, 'base64');
  return plain === null ? null : { start, end, plain };
}

/** What a run of token characters encodes, in base64 (either alphabet) or hex: the whole of it, or words of it. */
export function decodings(text: string, { start, end }: Run): Decoded[] {
  // `0x` before hex is no part of it.
  const whole = decoded(text, text.startsWith('0x', start) ? start + 2 : start, end);
  if (whole !== null) return [whole];
  const out: Decoded[] = [];
  for (let from = start; from < end; ) {
    const to = runEnd(text, from, WORD, end);
    const word =
      to < end || from > start ? decoded(text, text.startsWith('0x', from) ? from + 2 : from, to) : null;
    if (word !== null) out.push(word);
    from = to + 1;
  }
  return out;
}
