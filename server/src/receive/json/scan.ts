import { Failure } from '../../base/errors.js';
import { LIMITS } from '../http/limits.js';

/** One item of a body, as a range of its bytes, with what a single pass over them tells. */
export interface Slice {
  readonly start: number;
  readonly end: number;
  /** Colons outside strings: as many as there are members, unless a key stands twice. */
  readonly members: number;
  readonly depth: number;
  /** A long run of digits or an exponent: may not fit a double. */
  readonly suspiciousNumber: boolean;
  /** A `\uD800`–`\uDFFF` escape: may be half of a pair. */
  readonly surrogates: boolean;
}

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const COMMA = 44;
const NEWLINE = 10;

const isBlank = (c: number): boolean => c === 32 || c === 9 || c === 10 || c === 13;
const isOpen = (c: number): boolean => c === 123 || c === 91;
const isClose = (c: number): boolean => c === 125 || c === 93;

const tooMany = (limit: number, what: string): Failure =>
  new Failure('body_too_large', `A body may hold at most ${limit} ${what}.`);

/** Where the JSON in a body begins and ends: without a byte order mark and white space around it. */
export function bounds(bytes: Uint8Array): [number, number] {
  let from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let to = bytes.length;
  while (from < to && isBlank(bytes[from] as number)) from++;
  while (to > from && isBlank(bytes[to - 1] as number)) to--;
  return [from, to];
}

/** Walks a body once and cuts it into items; the grammar of each item is checked later, item by item. */
class Scanner {
  readonly #b: Uint8Array;
  #at: number;
  readonly #to: number;
  readonly slices: Slice[] = [];
  #start = -1;
  #end = -1;
  #members = 0;
  #depth = 0;
  #deepest = 0;
  #digits = 0;
  #suspicious = false;
  #surrogates = false;
  /** Of the whole body, unlike the others. */
  #containers = 0;
  #values = 0;

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.#b = bytes;
    this.#at = from;
    this.#to = to;
  }

  /** Cuts at `separator` bytes outside strings at depth 0. False when brackets or quotes do not close. */
  cut(separator: number): boolean {
    const b = this.#b;
    for (; this.#at < this.#to; this.#at++) {
      const c = b[this.#at] as number;
      if (c === separator && (this.#depth === 0 || separator === NEWLINE)) {
        this.#finish(separator === COMMA);
        continue;
      }
      if (isBlank(c)) continue;
      if (this.#start < 0) this.#start = this.#at;
      this.#byte(c);
      this.#end = this.#at + 1;
    }
    const whole = this.#depth === 0 && this.#at === this.#to;
    if (this.#start >= 0 || separator === COMMA) this.#finish(separator === COMMA);
    return whole;
  }

  #byte(c: number): void {
    if (c === QUOTE) this.#string();
    else if (c >= 48 && c <= 57) {
      if (++this.#digits > 15) this.#suspicious = true;
      return;
    } else if (c === COLON) this.#members++;
    else if (c === COMMA) this.#count();
    else if (isOpen(c)) {
      if (++this.#containers > LIMITS.containers) throw tooMany(LIMITS.containers, 'objects and lists');
      this.#count();
      if (++this.#depth > this.#deepest) this.#deepest = this.#depth;
    } else if (isClose(c)) this.#depth--;
    else if ((c === 101 || c === 69) && this.#digits > 0) this.#suspicious = true;
    this.#digits = 0;
  }

  #count(): void {
    if (++this.#values > LIMITS.values) throw tooMany(LIMITS.values, 'values');
  }

  /** Leaves the position on the closing quote, or on the last byte of a line or body that has none. */
  #string(): void {
    const b = this.#b;
    let i = this.#at + 1;
    for (; i < this.#to; i++) {
      const c = b[i];
      if (c === QUOTE) break;
      if (c === NEWLINE) break;
      if (c === BACKSLASH) {
        i++;
        if (b[i] === 117 && ((b[i + 1] as number) | 32) === 100 && (b[i + 2] as number) >= 56)
          this.#surrogates = true;
      }
    }
    // A raw newline inside a string is not JSON; it ends the string here so that NDJSON finds its next line.
    this.#at = b[i] === NEWLINE ? i - 1 : Math.min(i, this.#to);
  }

  #finish(evenEmpty: boolean): void {
    if (this.#start >= 0 || evenEmpty) {
      if (this.slices.length >= LIMITS.items) throw tooMany(LIMITS.items, 'items');
      this.slices.push({
        start: Math.max(this.#start, 0),
        end: this.#start < 0 ? 0 : this.#end,
        members: this.#members,
        depth: this.#deepest,
        suspiciousNumber: this.#suspicious,
        surrogates: this.#surrogates,
      });
    }
    this.#start = -1;
    this.#members = 0;
    this.#depth = 0;
    this.#deepest = 0;
    this.#digits = 0;
    this.#suspicious = false;
    this.#surrogates = false;
  }
}

/** The items of an array; null when its brackets or quotes do not close. */
export function splitArray(bytes: Uint8Array, from: number, to: number): Slice[] | null {
  const scanner = new Scanner(bytes, from + 1, to - 1);
  if (bytes[to - 1] !== 93 || !scanner.cut(COMMA)) return null;
  const { slices } = scanner;
  const only = slices[0];
  return slices.length === 1 && only !== undefined && only.end === 0 ? [] : slices;
}

/** The lines of an NDJSON body. */
export function splitLines(bytes: Uint8Array, from: number, to: number): Slice[] {
  const scanner = new Scanner(bytes, from, to);
  scanner.cut(NEWLINE);
  return scanner.slices;
}

/** The whole range as one item, even when it does not close. */
export function scan(bytes: Uint8Array, from: number, to: number): Slice | null {
  const scanner = new Scanner(bytes, from, to);
  scanner.cut(-1);
  return scanner.slices[0] ?? null;
}

/** The whole range as one item; null when its brackets or quotes do not close. */
export function wholeSlice(bytes: Uint8Array, from: number, to: number): Slice | null {
  const scanner = new Scanner(bytes, from, to);
  return scanner.cut(-1) ? (scanner.slices[0] ?? null) : null;
}
