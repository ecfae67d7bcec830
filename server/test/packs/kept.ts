import { strict as assert } from 'node:assert';
import type { Field, Shape, Strategy } from '../../src/pack/model.js';

/** What samples plant in free text: reserved domains and numbers, test cards, and secrets by their form. */
const PLANTED: readonly RegExp[] = [
  /[\w.+-]+@example\.(?:com|net|org)/g,
  /\+44 20 7946 0\d{3}/g,
  /(?:\+1[ -])?\(?\d{3}\)?[ -]555[ -]01\d\d/g,
  /\b(?:\d{4}[ -]?){3}\d{4}\b|\b3[47]\d{2}[ -]?\d{6}[ -]?\d{5}\b/g,
  /\bGB82 ?WEST ?1234 ?5698 ?7654 ?32\b/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /(?<=\b[Bb]earer )\S{12,}/g,
  /(?<=password[=:] ?)[^\s"',;]+/g,
];

export const plantedIn = (text: string): string[] =>
  PLANTED.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[0]));

/** Whoever was named in one way must be named in the same way ever after, and nobody else so. */
export class Names {
  readonly #byId = new Map<string, string>();
  readonly #taken = new Map<string, string>();
  readonly #form: RegExp;

  constructor(form: RegExp) {
    this.#form = form;
  }

  check(id: string, name: unknown): void {
    assert(typeof name === 'string');
    assert.match(name, this.#form);
    assert.equal(this.#byId.get(id) ?? name, name, 'one value has two names');
    assert.equal(this.#taken.get(name) ?? id, id, 'one name stands for two values');
    this.#byId.set(id, name);
    this.#taken.set(name, id);
  }
}

/** What one tenant's records have in common. */
export interface World {
  readonly people: Names;
  readonly digests: Names;
  /** Values that no reply may hold. */
  readonly secrets: Set<string>;
}

export const newWorld = (): World => ({
  people: new Names(/^sub_[a-z0-9]{26}$/),
  digests: new Names(/^[0-9a-f]{32}$/),
  secrets: new Set(),
});

type Members = { readonly [key: string]: unknown };

/** Whether what was kept of an object's fields is what docs/formats/pack.md says; throws where it is not. */
export function checkFields(fields: readonly Field[], sent: Members, kept: Members, world: World): void {
  const declared = new Map(fields.map((field) => [field.name, field]));
  for (const name of Object.keys(kept)) assert(declared.has(name), `${name} was kept and is not declared`);
  for (const [name, value] of Object.entries(sent)) {
    const field = declared.get(name);
    assert(field !== undefined, `${name} was sent and is not declared`);
    // Nobody has agreed to anything in these tests.
    if (field.consent === null) checkValue(field.shape, value, kept[name], world);
    else {
      assert.equal(kept[name], undefined, `${name} was kept without consent`);
      world.secrets.add(String(value));
    }
  }
}

function checkValue(shape: Shape, sent: unknown, kept: unknown, world: World): void {
  if (sent === null) assert.equal(kept, null);
  else if (shape.kind === 'leaf') checkLeaf(shape.strategy, sent, kept, world);
  else if (shape.kind === 'object') checkFields(shape.fields, sent as Members, kept as Members, world);
  else {
    const items = kept as unknown[];
    assert.equal(items.length, (sent as unknown[]).length);
    for (const [i, item] of (sent as unknown[]).entries()) checkValue(shape.items, item, items[i], world);
  }
}

/** Strategies that leave nothing by which a value could be read back. */
const HIDING: ReadonlySet<Strategy['kind']> = new Set(['drop', 'tokenise', 'hash', 'mask', 'encrypt']);

/** The strategies once more, written from the document and not from the guard. */
export function checkLeaf(strategy: Strategy, sent: unknown, kept: unknown, world: World): void {
  const text = String(sent);
  if (HIDING.has(strategy.kind)) world.secrets.add(text);
  switch (strategy.kind) {
    case 'keep':
      assert.equal(kept, sent);
      break;
    case 'scrub':
      if (typeof sent === 'string') checkScrubbed(sent, kept, world);
      else assert.equal(kept, sent);
      break;
    case 'drop':
      assert.equal(kept, undefined);
      break;
    case 'tokenise':
      world.people.check(text, kept);
      break;
    case 'hash':
      world.digests.check(text, kept);
      break;
    case 'mask':
      assert.equal(kept, '*'.repeat(Math.max(0, text.length - strategy.last)) + text.slice(-strategy.last));
      break;
    case 'bucket':
      checkRange(Number(sent), String(kept), strategy.bounds);
      break;
    case 'truncate':
      assert.match(String(kept), text.includes(':') ? /::$/ : /\.0$/);
      break;
    case 'encrypt':
      assert.match(String(kept), /^sealed:v1:sub_/);
  }
}

function checkRange(value: number, range: string, bounds: readonly number[]): void {
  const [, less, from, to, more] = /^(?:<([\d.]+)|([\d.]+)-([\d.]+)|>=([\d.]+))$/.exec(range) ?? [];
  const low = Number(from ?? more ?? Number.NEGATIVE_INFINITY);
  const high = Number(less ?? to ?? Number.POSITIVE_INFINITY);
  assert(value >= low && value < high, `the value does not lie in ${range}`);
  assert(
    bounds.every((bound) => bound <= low || bound >= high),
    `${range} spans several ranges`,
  );
}

/** The text as it was, with `[rule]` where something personal stood; whole where nothing did. */
export function checkScrubbed(text: string, kept: unknown, world: World): void {
  assert(typeof kept === 'string');
  // Of an address the network stays.
  const sent = text.replace(/\b(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}\b/g, '$1.0');
  const planted = plantedIn(sent);
  if (planted.length === 0) {
    assert.equal(kept, sent);
    return;
  }
  for (const value of planted) world.secrets.add(value);
  assert.match(kept, /\[[a-z_]+\]/);
  let at = 0;
  for (const piece of kept.split(/\[[a-z_]+\]/)) {
    const found = sent.indexOf(piece, at);
    assert(found >= at, 'something stands there that was not sent');
    at = found + piece.length;
  }
}
