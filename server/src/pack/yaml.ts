import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Located } from './model.js';

/** What is wrong with a pack, and where. */
export interface Problem extends Located {
  readonly what: string;
}

export const SNAKE = /^[a-z][a-z0-9_]{0,62}$/;

/**
 * A place in a YAML file. Reading from it gives the value, or something harmless and a {@link Problem}: so one look
 * over a pack finds everything that is wrong with it.
 */
export class Place {
  /** How the place is called in a message: `details.note`. */
  readonly name: string;
  readonly #file: YamlFile;
  /** Null when nothing stands here. */
  readonly #node: Node | null;
  /** Where a problem is shown. */
  readonly #near: Node | null;

  constructor(file: YamlFile, node: Node | null, name: string, near = node) {
    this.#file = file;
    this.#node = node;
    this.#near = near;
    this.name = name;
  }

  wrong(what: string): void {
    const subject = this.name === '' ? '' : `${this.name} `;
    this.#file.wrong(`${subject}${what}.`, this.#near);
  }

  /** What was read is not what it must be. */
  #not(form: string): void {
    this.wrong(this.given ? `must be ${form}` : 'is missing');
  }

  /** Where it stands. */
  get at(): Located {
    return { file: this.#file.name, line: this.#file.lineOf(this.#near) };
  }

  /** Whether there is a value here at all. */
  get given(): boolean {
    return this.#node !== null && !(isScalar(this.#node) && this.#node.value === null);
  }

  get isMapping(): boolean {
    return isMap(this.#node);
  }

  get isList(): boolean {
    return isSeq(this.#node);
  }

  /** The value as plain data. */
  get value(): unknown {
    return this.#node === null ? undefined : this.#node.toJS(this.#file.document);
  }

  /** Members of a mapping whose keys are its author's. */
  entries(): [string, Place][] {
    if (!isMap(this.#node)) {
      this.#not('a mapping');
      return [];
    }
    return this.#node.items.map((pair) => {
      const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
      return [key, new Place(this.#file, pair.value as Node | null, this.#child(key), pair.key as Node)];
    });
  }

  /** A mapping of which these keys are known; another one is a mistake, a missing one reads as not given. */
  members<K extends string>(...known: readonly K[]): Record<K, Place> {
    const found = new Map(this.entries());
    for (const [key, place] of found)
      if (!known.includes(key as K)) place.wrong(`is not known here; known are ${known.join(', ')}`);
    const absent = (key: K): Place => new Place(this.#file, null, this.#child(key), this.#near);
    return Object.fromEntries(known.map((key) => [key, found.get(key) ?? absent(key)])) as Record<K, Place>;
  }

  /** One member of a mapping, whatever else stands there. */
  member(key: string): Place {
    const found = isMap(this.#node) ? this.#node.get(key, true) : undefined;
    return new Place(this.#file, found ?? null, this.#child(key), found ?? this.#near);
  }

  items(): Place[] {
    if (isSeq(this.#node))
      return this.#node.items.map(
        (item, i) => new Place(this.#file, item as Node, this.#child(String(i + 1))),
      );
    this.#not('a list');
    return [];
  }

  text(): string {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === 'string' && value.trim() !== '') return value;
    this.#not('a text');
    return '';
  }

  /** A text that matches, else it `must be …`. */
  matching(pattern: RegExp, form: string): string {
    const text = this.text();
    if (text !== '' && !pattern.test(text)) this.wrong(`must be ${form}`);
    return text;
  }

  /** A name in snake_case. */
  identifier(): string {
    return this.matching(SNAKE, 'in snake_case');
  }

  /** One of these; the first where it is none. */
  oneOf<T extends string>(known: readonly [T, ...T[]]): T {
    const text = this.text();
    const found = known.find((k) => k === text);
    if (found === undefined && text !== '') this.wrong(`must be one of ${known.join(', ')}`);
    return found ?? known[0];
  }

  integer(from: number): number {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= from) return value;
    this.#not(`a whole number from ${from}`);
    return from;
  }

  number(): number {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    this.#not('a number');
    return 0;
  }

  boolean(): boolean {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === 'boolean') return value;
    this.#not('true or false');
    return false;
  }

  texts(): string[] {
    return this.items().map((item) => item.text());
  }

  #child(key: string): string {
    return this.name === '' ? key : `${this.name}.${key}`;
  }
}

/** A parsed YAML 1.2 file. */
export class YamlFile {
  readonly document: ReturnType<typeof parseDocument>;
  readonly name: string;
  readonly #lines = new LineCounter();
  readonly #problems: Problem[];

  constructor(path: string, name: string, problems: Problem[]) {
    this.name = name;
    this.#problems = problems;
    this.document = parseDocument(readFileSync(path, 'utf8'), { lineCounter: this.#lines, version: '1.2' });
    for (const error of [...this.document.errors, ...this.document.warnings])
      this.#problems.push({
        file: name,
        line: error.linePos?.[0].line ?? 1,
        what: error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'is not YAML',
      });
  }

  get root(): Place {
    return new Place(this, this.document.errors.length > 0 ? null : this.document.contents, '');
  }

  get broken(): boolean {
    return this.document.errors.length > 0;
  }

  lineOf(node: Node | null): number {
    return Math.max(1, this.#lines.linePos(node?.range?.[0] ?? 0).line);
  }

  wrong(what: string, node: Node | null): void {
    this.#problems.push({ file: this.name, line: this.lineOf(node), what });
  }
}
