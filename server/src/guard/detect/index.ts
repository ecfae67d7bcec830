import { createHash } from 'node:crypto';
import { decodings, unescapedWhole } from './encodings.js';
import { look } from './hints.js';
import { ibanPrefix, RULES, type Rule } from './rules.js';

/** A place in a text where something personal or secret stands. */
export interface Finding {
  readonly rule: string;
  readonly start: number;
  readonly end: number;
}

/** Short hash of all rules; stands in every remark, so that one can tell which rules a record was held to. */
export const RULESET: string = createHash('sha256')
  .update(RULES.map((r) => `${r.name}\t${r.pattern.source}\t${r.pattern.flags}`).join('\n'))
  .digest('hex')
  .slice(0, 16);

function matchRule(rule: Rule, text: string, into: Finding[]): void {
  rule.pattern.lastIndex = 0;
  for (let m = rule.pattern.exec(text); m !== null; m = rule.pattern.exec(text)) {
    let length = m[0].length;
    if (rule.name === 'iban') length = ibanPrefix(m[0]);
    const start = m.index - (m.groups?.head?.length ?? 0) + skipped(m, length);
    if (length > 0 && (rule.accept?.(m[0]) ?? true))
      into.push({ rule: rule.name, start, end: m.index + length });
    else rule.pattern.lastIndex = nextWord(text, m.index + 1);
  }
}

/** Characters before the part that a group named `value` narrows the finding to. */
const skipped = (m: RegExpExecArray, length: number): number =>
  m.groups?.value === undefined ? 0 : length - m.groups.value.length;

/** After a refused match go on at the next word: a run of digits is refused once, not once per digit. */
function nextWord(text: string, from: number): number {
  let i = from;
  while (i < text.length && isWord(text.charCodeAt(i))) i++;
  return i;
}

const isWord = (c: number): boolean => (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || (c >= 65 && c <= 90);

/** All findings in a text, in order, not overlapping (the earlier rule of the table wins). */
export function detect(text: string, depth = 0): Finding[] {
  const hints = look(text);
  if (hints === 0) return [];
  const found: Finding[] = [];
  for (const rule of RULES) if ((hints & rule.hint) !== 0) matchRule(rule, text, found);
  if (depth < 2) for (const d of decodings(text, hints)) found.push(...hidden(d.start, d.end, d.text, depth));
  return found.length < 2 ? found : withoutOverlaps(found, text.length);
}

/** Something found inside an encoded stretch takes the whole stretch with it. */
function hidden(start: number, end: number, text: string, depth: number): Finding[] {
  const first = detect(text, depth + 1)[0];
  return first === undefined ? [] : [{ rule: first.rule, start, end }];
}

/** A finding gives way to an earlier one it touches; in time linear in the text, however many there are. */
function withoutOverlaps(found: readonly Finding[], length: number): Finding[] {
  const covered = new Uint8Array(length);
  const taken = found.filter(({ start, end }) => {
    if (covered.subarray(start, end).includes(1)) return false;
    covered.fill(1, start, end);
    return true;
  });
  return taken.sort((a, b) => a.start - b.start);
}

/** Rounds until nothing more is found: what a finding touched may stand free once it is gone. */
const ROUNDS = 4;

/** The text with every finding replaced by `[rule]`, and how often each rule struck; null when there is none. */
export function scrub(text: string): { text: string; counts: Map<string, number> } | null {
  const counts = new Map<string, number>();
  let out = scrubRounds(text, counts);
  const plain = unescapedWhole(out);
  // What shows only when the escapes are taken literally is kept in that form, without it.
  if (plain !== null && detect(plain).length > 0) out = scrubRounds(plain, counts);
  return counts.size === 0 ? null : { text: out, counts };
}

function scrubRounds(text: string, counts: Map<string, number>): string {
  let out = text;
  for (let round = 0; round < ROUNDS; round++) {
    const found = detect(out);
    if (found.length === 0) break;
    for (const { rule } of found) counts.set(rule, (counts.get(rule) ?? 0) + 1);
    out = replaced(out, found);
  }
  return out;
}

function replaced(text: string, found: readonly Finding[]): string {
  let out = '';
  let at = 0;
  for (const f of found) {
    out += `${text.slice(at, f.start)}[${f.rule}]`;
    at = f.end;
  }
  return out + text.slice(at);
}
