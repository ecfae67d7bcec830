import { createHash } from 'node:crypto';
import type { Finding } from './finding.js';
import { unescaped } from './hidden/escapes.js';
import { decodings } from './hidden/runs.js';
import { NAMES_TEXT } from './named/names.js';
import { PATTERNS } from './patterns.js';
import { scan } from './scan.js';

export type { Finding } from './finding.js';

/** Raised with every change of what is found that shows in no pattern; `revision.test.ts` tells when. */
const REVISION = 2;

/** Short hash of all rules; stands in every remark, so that one can tell which rules a record was held to. */
export const RULESET: string = createHash('sha256')
  .update(
    `${REVISION}\n${NAMES_TEXT}\n${PATTERNS.map(([name, pattern]) => `${name}\t${pattern}`).join('\n')}`,
  )
  .digest('hex')
  .slice(0, 16);

/** Encodings inside encodings that are looked into. */
const DEPTH = 4;

/** All findings in a text, in order, not overlapping. */
export const detect = (text: string): Finding[] => look(text, 0).found;

/** @returns `plain`: whether every character stands for itself, and no run is an encoding */
function look(text: string, depth: number): { found: Finding[]; plain: boolean } {
  const { found, runs, disguised } = scan(text);
  if (depth === DEPTH) return { found, plain: true };
  const direct = found.length;
  for (const run of runs)
    for (const { start, end, plain } of decodings(text, run)) {
      // Something found inside an encoded stretch takes the whole stretch with it.
      const first = look(plain, depth + 1).found[0];
      if (first !== undefined) found.push({ rule: first.rule, start, end: paddingEnd(text, end) });
    }
  const shown = disguised ? unescaped(text) : null;
  if (shown !== null)
    for (const one of look(shown.text, depth + 1).found)
      found.push({ ...one, start: shown.at[one.start] as number, end: shown.at[one.end] as number });
  return {
    found: found.length === direct ? found : merged(found),
    plain: shown === null && found.length === direct,
  };
}

function paddingEnd(text: string, end: number): number {
  let i = end;
  while (i < end + 2 && text[i] === '=') i++;
  return i;
}

/** Findings that overlap become one, named by the one that begins first: no fragment of either stays. */
function merged(found: Finding[]): Finding[] {
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const out: Finding[] = [];
  for (const one of found) {
    const last = out.at(-1);
    if (last === undefined || one.start >= last.end) out.push(one);
    else if (one.end > last.end) out[out.length - 1] = { rule: last.rule, start: last.start, end: one.end };
  }
  return out;
}

/** `a@b.co`, and the shortest secret with the shortest name. */
const SHORTEST = 6;
/** Rounds until nothing more is found: what a finding touched may stand free once it is gone. */
const ROUNDS = 8;

/** The text with every finding replaced by `[rule]`, and how often each rule struck; null when there is none. */
export function scrub(text: string): { text: string; counts: Map<string, number> } | null {
  if (text.length < SHORTEST) return null;
  const first = look(text, 0);
  if (first.found.length === 0) return null;
  const counts = new Map<string, number>();
  let { found, plain } = first;
  let out = text;
  for (let round = 0; round < ROUNDS && found.length > 0; round++) {
    for (const { rule } of found) counts.set(rule, (counts.get(rule) ?? 0) + 1);
    const last = out;
    out = replaced(out, found);
    if (plain && found.every((one) => isQuiet(last, one))) break;
    ({ found, plain } = look(out, 0));
  }
  return { text: out, counts };
}

/** A network of IPv4 has the shape of the address it stands for: nothing comes free by it, but an address of mail. */
const isQuiet = (text: string, { as, end }: Finding): boolean =>
  (as?.endsWith('.0') ?? false) && text[end] !== '@';

function replaced(text: string, found: readonly Finding[]): string {
  let out = '';
  let at = 0;
  for (const f of found) {
    out += `${text.slice(at, f.start)}${f.as ?? `[${f.rule}]`}`;
    at = f.end;
  }
  return out + text.slice(at);
}
