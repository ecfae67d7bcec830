import { PURPOSES, type Purpose } from '../../event/purposes.js';
import type { Field, JsonSchema, Shape, Strategy } from '../model.js';
import type { Place } from '../yaml.js';

const TYPES = ['string', 'integer', 'number', 'boolean', 'null', 'object', 'array'] as const;
const LIMITS = ['minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems'] as const;
const KEYS = [
  'type',
  'description',
  'privacy',
  'consent',
  'enum',
  'const',
  'pattern',
  'uniqueItems',
  'properties',
  'required',
  'items',
  ...LIMITS,
] as const;
type Members = Record<(typeof KEYS)[number], Place>;

const PLAIN = ['keep', 'scrub', 'drop', 'tokenise', 'hash'] as const;
const MAX_DEPTH = 5;
export const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

/** A field with the schema of its value. */
export interface Declared {
  readonly field: Field;
  readonly schema: JsonSchema;
}

/** Fields by name, sorted as canonical JSON needs them (RFC 8785 §3.2.3). */
export function readFields(place: Place): Declared[] {
  return place
    .entries()
    .map(([name, at]) => {
      if (!FIELD_NAME.test(name)) at.wrong('must be a name of letters, digits and _');
      return readField(name, at, 1);
    })
    .sort((a, b) => (a.field.name < b.field.name ? -1 : 1));
}

/** One field and everything in it. */
function readField(name: string, at: Place, depth: number): Declared {
  const members = at.members(...KEYS);
  const description = members.description.text();
  const consent = members.consent.given ? members.consent.oneOf<Purpose>(PURPOSES) : null;
  const { shape, schema } = readShape(at, members, depth);
  return { field: { name, description, shape, consent }, schema };
}

interface Shaped {
  readonly shape: Shape;
  readonly schema: JsonSchema;
}

function readShape(at: Place, members: Members, depth: number): Shaped {
  const types = readTypes(members.type);
  if (depth > MAX_DEPTH) at.wrong(`nests deeper than ${MAX_DEPTH} levels`);
  const whole = types.find((type) => type === 'object' || type === 'array');
  // What is kept of a value follows from its shape, which must be one.
  if (whole !== undefined && types.some((type) => type !== whole && type !== 'null'))
    members.type.wrong(`mixes ${whole} with another type than null`);
  if (types.includes('object') && depth <= MAX_DEPTH) return readObject(members, types, depth);
  if (types.includes('array') && depth <= MAX_DEPTH) return readArray(at, members, types, depth);
  for (const key of ['properties', 'required', 'items', 'minItems', 'maxItems', 'uniqueItems'] as const)
    if (members[key].given) members[key].wrong(`is not for a value of type ${types.join(', ')}`);
  if (types.includes('string') && !['maxLength', 'enum', 'const'].some((key) => members[key as 'enum'].given))
    at.wrong('needs maxLength or enum: a text without a limit is a body');
  const strategy = readStrategy(members.privacy, types);
  return { shape: { kind: 'leaf', strategy }, schema: { type: types, ...constraints(members) } };
}

/** One type or a list of them. */
export function readTypes(place: Place): string[] {
  const types = place.isList ? place.items() : [place];
  return types.map((type) => type.oneOf(TYPES));
}

function readObject(members: Members, types: readonly string[], depth: number): Shaped {
  if (members.privacy.given) members.privacy.wrong('stands at the leaves, not at an object');
  const declared = members.properties
    .entries()
    .map(([name, at]) => readField(name, at, depth + 1))
    .sort((a, b) => (a.field.name < b.field.name ? -1 : 1));
  const required = members.required.given ? readRequired(members.required, declared) : [];
  return {
    shape: { kind: 'object', fields: declared.map((d) => d.field) },
    schema: { ...closed(declared, required), type: types },
  };
}

function readArray(at: Place, members: Members, types: readonly string[], depth: number): Shaped {
  if (members.privacy.given) members.privacy.wrong('stands at the leaves, not at an array');
  if (!members.maxItems.given) at.wrong('needs maxItems');
  const { field, schema } = readItem(members.items, depth + 1);
  return {
    shape: { kind: 'array', items: field.shape },
    schema: { type: types, items: schema, ...constraints(members) },
  };
}

/** Items need no description of their own. */
function readItem(at: Place, depth: number): Declared {
  const members = at.members(...KEYS);
  const { shape, schema } = readShape(at, members, depth);
  return { field: { name: '', description: '', shape, consent: null }, schema };
}

/** Names of mandatory fields, each of which must be declared. */
export function readRequired(place: Place, declared: readonly Declared[]): string[] {
  return place.items().map((item) => {
    const name = item.text();
    if (!declared.some((d) => d.field.name === name))
      item.wrong(`names the field ${name}, which is not declared`);
    return name;
  });
}

/** The schema of an object of exactly these fields. */
export const closed = (declared: readonly Declared[], required: readonly string[]): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(declared.map((d) => [d.field.name, d.schema])),
  required: [...required],
});

function constraints(members: Members): JsonSchema {
  const out: Record<string, unknown> = {};
  for (const key of LIMITS) {
    if (!members[key].given) continue;
    out[key] = key === 'minimum' || key === 'maximum' ? members[key].number() : members[key].integer(0);
  }
  if (members.enum.given) out.enum = members.enum.items().map((item) => item.value);
  if (members.const.given) out.const = members.const.value;
  if (members.uniqueItems.given) out.uniqueItems = members.uniqueItems.boolean();
  if (members.pattern.given) out.pattern = readPattern(members.pattern);
  return out;
}

/** Groups that repeat and are repeated, and back references, may take exponential time. */
const RISKY = /\([^)]*[*+}][^)]*\)[*+{]|\\[1-9]|\\k<|\(\?[=!<][^)]*[*+]/;

function readPattern(place: Place): string {
  const text = place.text();
  try {
    new RegExp(text, 'u');
  } catch {
    place.wrong('is not a regular expression');
    return '^$';
  }
  if (RISKY.test(text)) place.wrong('may take more than linear time; do without nested repeats');
  return text;
}

/** The value of `privacy`. */
export function readStrategy(place: Place, types: readonly string[]): Strategy {
  if (!place.isMapping) {
    const kind = place.given ? place.text() : '';
    if (kind === 'encrypt') return { kind, subject: null };
    const plain = PLAIN.find((known) => known === kind);
    if (plain !== undefined) return { kind: plain };
    const known = [
      ...PLAIN,
      'encrypt',
      '{ mask: N }',
      '{ bucket: […] }',
      '{ truncate: ip }',
      '{ encrypt: FIELD }',
    ];
    place.wrong(
      place.given
        ? `must be one of ${known.join(', ')}`
        : 'is missing: every leaf says what becomes of its value',
    );
    return { kind: 'drop' };
  }
  const { mask, bucket, truncate, encrypt } = place.members('mask', 'bucket', 'truncate', 'encrypt');
  if (place.entries().length !== 1) place.wrong('must be exactly one strategy');
  if (mask.given) return { kind: 'mask', last: mask.integer(0) };
  if (encrypt.given) return { kind: 'encrypt', subject: encrypt.text() };
  if (truncate.given) {
    truncate.oneOf(['ip']);
    return { kind: 'truncate' };
  }
  return readBucket(bucket, types);
}

function readBucket(place: Place, types: readonly string[]): Strategy {
  const bounds = place.items().map((item) => item.number());
  if (bounds.length === 0 || bounds.some((b, i) => i > 0 && b <= (bounds[i - 1] as number)))
    place.wrong('must be ascending numbers');
  if (types.some((type) => type !== 'integer' && type !== 'number' && type !== 'null'))
    place.wrong('is for numbers only');
  return { kind: 'bucket', bounds };
}
