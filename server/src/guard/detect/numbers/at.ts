import { isWordAt, KIND, LETTER, runEnd } from '../characters.js';
import type { Finding } from '../finding.js';
import { cardIn, floatCardAt, isCardNumber } from './card.js';
import { Cluster } from './cluster.js';
import { dateIn } from './dates.js';
import { ipv4At } from './ip.js';
import { nationalIdIn } from './national.js';
import { phoneIn } from './phone.js';

/** Fewer digits are no number of a person, except where a name before them says so (`named/`). */
const FEWEST = 6;
const DOT = 46;
const cluster = new Cluster();

/** All that the groups of digits from a place on are. @returns where they end */
export function numbersFrom(text: string, start: number, found: Finding[]): number {
  const c = cluster.read(text, start);
  // A group with letters behind it is the beginning of a word, and looked at again as one.
  let end = isWordAt(text, c.end) && c.count > 1 ? c.begin(c.count - 1) : c.end;
  if (c.digits < FEWEST && c.count < 4) return end;
  const float = c.count === 2 && c.separator(1) === DOT ? floatCardAt(text, start) : null;
  if (float !== null) {
    found.push(float);
    return float.end;
  }
  for (let group = 0; group < c.count; ) {
    const date = dateIn(c, group);
    const one = date === 0 ? numberIn(c, group) : null;
    if (one === null) {
      group += date || 1;
      continue;
    }
    found.push(one);
    end = Math.max(end, one.end);
    while (group < c.count && c.begin(group) < one.end) group++;
  }
  return end;
}

const numberIn = (c: Cluster, group: number): Finding | null =>
  (c.separator(group + 1) === DOT ? ipv4At(c.text, c.begin(group)) : null) ??
  cardIn(c, group) ??
  nationalIdIn(c, group) ??
  phoneIn(c, group);

/** A card number right behind a word: `card4111111111111111`. Behind hex letters it is part of a hash. */
export function gluedCardAt(text: string, start: number, end: number): Finding | null {
  const from = runEnd(text, start, LETTER);
  if (end - from < 13 || end - from > 19) return null;
  if (runEnd(text, from, KIND.digit) !== end || runEnd(text, start, KIND.hexLetter) === from) return null;
  return isCardNumber(text.slice(from, end)) ? { rule: 'card', start: from, end } : null;
}
