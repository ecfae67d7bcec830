import { isDigit } from '../characters.js';

const MOST = 24;
const SEPARATORS = new Uint8Array(128);
for (const c of ' .-/+_') SEPARATORS[c.charCodeAt(0)] = 1;

/** Groups of digits with one separator between each, as people and machines write long numbers. */
export class Cluster {
  text = '';
  /** How many groups. */
  count = 0;
  /** Of all groups. */
  digits = 0;
  end = 0;
  /** Where each group begins and ends. */
  readonly from = new Int32Array(MOST);
  readonly to = new Int32Array(MOST);

  /** Reads the cluster whose first digit is at a place. One is read over and over: most are dates and times. */
  read(text: string, start: number): this {
    this.text = text;
    this.count = 0;
    this.digits = 0;
    let i = start;
    for (;;) {
      const begin = i;
      let c = text.charCodeAt(i);
      while (isDigit(c)) c = text.charCodeAt(++i);
      this.from[this.count] = begin;
      this.to[this.count] = i;
      this.count += 1;
      this.digits += i - begin;
      if (this.count === MOST || !(c < 128 && SEPARATORS[c] === 1) || !isDigit(text.charCodeAt(i + 1))) break;
      i++;
    }
    this.end = i;
    return this;
  }

  begin(group: number): number {
    return this.from[group] as number;
  }

  close(group: number): number {
    return this.to[group] as number;
  }

  length(group: number): number {
    return this.close(group) - this.begin(group);
  }

  /** The character before a group; 0 before the first and behind the last. */
  separator(group: number): number {
    return group === 0 || group >= this.count ? 0 : this.text.charCodeAt(this.begin(group) - 1);
  }

  /** How many groups from `group` on have the same separator between them, of so many at most. */
  alike(group: number, most: number): number {
    const last = Math.min(this.count, group + most);
    let n = group + 1;
    while (n < last && this.separator(n) === this.separator(group + 1)) n++;
    return n - group;
  }

  /** The lengths of `count` groups as the hex digits of a number: 4-6-5 is 0x465. */
  form(group: number, count: number): number {
    let form = 0;
    for (let g = group; g < group + count; g++) form = form * 16 + Math.min(this.length(g), 15);
    return form;
  }

  /** A short group as a number. */
  value(group: number): number {
    let value = 0;
    for (let i = this.begin(group); i < this.close(group); i++)
      value = value * 10 + this.text.charCodeAt(i) - 48;
    return value;
  }

  /** Digits of `count` groups. */
  join(group: number, count: number): string {
    let digits = '';
    for (let g = group; g < group + count; g++) digits += this.text.slice(this.from[g], this.to[g]);
    return digits;
  }
}
