import { looksSealed } from '../vault/seal.js';
import { RULESET, scrub } from './detect/index.js';
import { Refused } from './event/refusal.js';

/** Longer texts fit no record; they are not worth looking through. */
const LONGEST_TEXT = 512 * 1024;

/**
 * Collects what was taken out of one record: rule, place and count, never the value (requirement C-10).
 * The record carries it as `guard`.
 */
export class Remarks {
  readonly #counts = new Map<string, number>();

  add(rule: string, path: string, count = 1): void {
    const key = `${rule}\n${path}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  /** The text without anything personal or secret in it. @throws Refused when it is too long for any record. */
  scrub(text: string, path: string): string {
    if (text.length > LONGEST_TEXT)
      throw new Refused('too_long', path, `A text may have at most ${LONGEST_TEXT} characters.`);
    if (looksSealed(text)) {
      this.add('forged_seal', path);
      return '[forged_seal]';
    }
    const result = scrub(text);
    if (result === null) return text;
    for (const [rule, count] of result.counts) this.add(rule, path, count);
    return result.text;
  }

  /** `"guard":{…},` in canonical form, or '' when nothing was taken out. */
  get json(): string {
    if (this.#counts.size === 0) return '';
    let key = '';
    for (const [place, count] of this.#counts) key += `${place}\n${count}\n`;
    const known = written.get(key);
    if (known !== undefined) return known;
    const json = write(this.#counts);
    if (written.size >= MOST_WRITTEN) written.clear();
    if (key.length <= LONGEST_KEPT) written.set(key, json);
    return json;
  }
}

/** Records of one kind carry the same remarks: the latest are kept as written. */
const written = new Map<string, string>();
const MOST_WRITTEN = 4_096;
const LONGEST_KEPT = 512;

function write(counts: ReadonlyMap<string, number>): string {
  const remarks = [...counts].map(([key, count]) => {
    const [rule, path] = key.split('\n');
    return `{"count":${count},"path":${JSON.stringify(path)},"rule":${JSON.stringify(rule)}}`;
  });
  return `"guard":{"remarks":[${remarks.sort().join(',')}],"ruleset":"${RULESET}"},`;
}
