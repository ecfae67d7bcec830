import type { Json } from './canonicalize.js';

export type JsonErrorCode =
  | 'malformed_json'
  | 'duplicate_key'
  | 'lone_surrogate'
  | 'number_out_of_range'
  | 'too_deep';

/** Where and why a text is not acceptable JSON. The message repeats nothing of the text. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly code: JsonErrorCode;
  /** RFC 6901 pointer to the value being read. Its keys come from the text. */
  readonly pointer: string;
  /** UTF-16 offset in the text. */
  readonly offset: number;
  constructor(code: JsonErrorCode, pointer: string, offset: number) {
    super(`${code} at offset ${offset}`);
    this.code = code;
    this.pointer = pointer;
    this.offset = offset;
  }
}

const BLANK = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const QUOTE = 34;
const BACKSLASH = 92;
const WORD = /true|false|null/y;

/** How strictly a text is read. */
export interface JsonOptions {
  /** Levels of nesting; default 512. */
  readonly maxDepth?: number;
  /**
   * What a sender of another format's JSON may mean by what I-JSON forbids: a number that no double keeps becomes
   * its text, half of a surrogate pair U+FFFD. Nothing is rounded and no record is lost for one letter cut in two.
   */
  readonly foreign?: boolean;
}

class Parser {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #foreign: boolean;
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string, options: JsonOptions) {
    this.#text = text;
    this.#maxDepth = options.maxDepth ?? 512;
    this.#foreign = options.foreign ?? false;
  }

  document(): Json {
    const value = this.#value();
    this.#skip();
    if (this.#at < this.#text.length) throw this.#error('malformed_json');
    return value;
  }

  #error(code: JsonErrorCode): JsonError {
    const pointer = this.#path
      .map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`)
      .join('');
    return new JsonError(code, pointer, this.#at);
  }

  #skip(): void {
    BLANK.lastIndex = this.#at;
    BLANK.exec(this.#text);
    this.#at = BLANK.lastIndex;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const m = pattern.exec(this.#text);
    if (m !== null) this.#at = pattern.lastIndex;
    return m;
  }

  #value(): Json {
    this.#skip();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  #enter(): void {
    if (this.#path.length >= this.#maxDepth) throw this.#error('too_deep');
    this.#at += 1;
    this.#skip();
  }

  /** True at the closing bracket, which is passed; false after a comma. */
  #closes(bracket: string): boolean {
    this.#skip();
    const c = this.#text[this.#at];
    if (c !== bracket && c !== ',') throw this.#error('malformed_json');
    this.#at += 1;
    return c === bracket;
  }

  #object(): Json {
    this.#enter();
    const out: { [key: string]: Json } = {};
    if (this.#text[this.#at] === '}') {
      this.#at += 1;
      return out;
    }
    do {
      this.#skip();
      if (this.#text[this.#at] !== '"') throw this.#error('malformed_json');
      const key = this.#string();
      this.#path.push(key);
      if (Object.hasOwn(out, key)) throw this.#error('duplicate_key');
      this.#skip();
      if (this.#text[this.#at] !== ':') throw this.#error('malformed_json');
      this.#at += 1;
      // Defined, not assigned: a key named __proto__ is a key like any other.
      Object.defineProperty(out, key, {
        value: this.#value(),
        enumerable: true,
        writable: true,
        configurable: true,
      });
      this.#path.pop();
    } while (!this.#closes('}'));
    return out;
  }

  #array(): Json {
    this.#enter();
    const out: Json[] = [];
    if (this.#text[this.#at] === ']') {
      this.#at += 1;
      return out;
    }
    do {
      this.#path.push(out.length);
      out.push(this.#value());
      this.#path.pop();
    } while (!this.#closes(']'));
    return out;
  }

  /** Found by a loop: a pattern would run out of stack in a text of some million characters. */
  #endOfString(): number {
    for (let i = this.#at + 1; i < this.#text.length; i++) {
      const c = this.#text.charCodeAt(i);
      if (c === QUOTE) return i + 1;
      if (c === BACKSLASH) i++;
    }
    throw this.#error('malformed_json');
  }

  #string(): string {
    const end = this.#endOfString();
    let text: string;
    try {
      text = JSON.parse(this.#text.slice(this.#at, end)) as string;
    } catch {
      throw this.#error('malformed_json');
    }
    this.#at = end;
    if (text.isWellFormed()) return text;
    if (!this.#foreign) throw this.#error('lone_surrogate');
    return text.toWellFormed();
  }

  #scalar(): Json {
    const word = this.#match(WORD);
    if (word !== null) return word[0] === 'null' ? null : word[0] === 'true';
    const number = this.#match(NUMBER);
    if (number === null) throw this.#error('malformed_json');
    const value = Number(number[0]);
    // An integer must be exact, however it is written: 1e17 would come back as a row of digits. From 1e21 on
    // ECMAScript writes an exponent, and the number is plainly a double.
    const integer = (number[1] === undefined && number[2] === undefined) || Math.abs(value) < 1e21;
    const exact =
      Number.isFinite(value) && !(integer && Number.isInteger(value) && !Number.isSafeInteger(value));
    if (exact) return value;
    if (!this.#foreign) throw this.#error('number_out_of_range');
    return number[0];
  }
}

/**
 * Strict JSON (RFC 8259 restricted by RFC 7493): no duplicate keys, no half surrogates, no integer beyond
 * ±(2^53 − 1), bounded nesting.
 * @throws JsonError
 */
export const parseStrict = (text: string, options: JsonOptions = {}): Json =>
  new Parser(text, options).document();
