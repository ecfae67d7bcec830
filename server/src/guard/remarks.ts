import { RULESET, scrub } from './detect/index.js';

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

  /** The text without anything personal or secret in it. */
  scrub(text: string, path: string): string {
    const result = scrub(text);
    if (result === null) return text;
    for (const [rule, count] of result.counts) this.add(rule, path, count);
    return result.text;
  }

  /** `"guard":{…},` in canonical form, or '' when nothing was taken out. */
  get json(): string {
    if (this.#counts.size === 0) return '';
    const remarks = [...this.#counts].map(([key, count]) => {
      const [rule, path] = key.split('\n');
      return `{"count":${count},"path":${JSON.stringify(path)},"rule":${JSON.stringify(rule)}}`;
    });
    return `"guard":{"remarks":[${remarks.sort().join(',')}],"ruleset":"${RULESET}"},`;
  }
}
