import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonSchema } from './model.js';

const ajv = new Ajv2020({ strict: false });

interface Limit {
  readonly key: string;
  readonly types: readonly string[];
  /** What holds where the keyword is missing. */
  readonly without: number;
  readonly upper: boolean;
}

const LIMITS: readonly Limit[] = [
  { key: 'maximum', types: ['integer', 'number'], without: Number.POSITIVE_INFINITY, upper: true },
  { key: 'maxLength', types: ['string'], without: Number.POSITIVE_INFINITY, upper: true },
  { key: 'maxItems', types: ['array'], without: Number.POSITIVE_INFINITY, upper: true },
  { key: 'minimum', types: ['integer', 'number'], without: Number.NEGATIVE_INFINITY, upper: false },
  { key: 'minLength', types: ['string'], without: 0, upper: false },
  { key: 'minItems', types: ['array'], without: 0, upper: false },
];

/** Whether a value is valid under a schema of a field. */
export function accepts(schema: JsonSchema, value: unknown): boolean {
  return ajv.validate(schema, value);
}

/**
 * Values valid under `before` and not under `after`, told by keyword. Only what {@link readFields} reads is compared.
 * Empty means that there are none; the reverse holds but for ranges of integers against an `enum` of all of them.
 */
export function narrowed(before: JsonSchema, after: JsonSchema, place: string): string[] {
  const values = finite(before);
  if (values !== null)
    return values.every((value) => accepts(after, value)) ? [] : [`${place} takes fewer values`];
  const [from, to] = [typesOf(before), typesOf(after)];
  const lost = from.filter((type) => !to.includes(type) && !(type === 'integer' && to.includes('number')));
  return [
    ...lost.map((type) => `${place} is no ${type} any more`),
    ...LIMITS.filter(({ types }) => from.some((type) => types.includes(type)))
      .filter((limit) => tighter(before, after, limit))
      .map(({ key }) => `${place} has a tighter ${key}`),
    ...(['enum', 'const'] as const)
      .filter((key) => after[key] !== undefined)
      .map((key) => `${place} has a new ${key}`),
    ...(after.pattern !== undefined && after.pattern !== before.pattern && from.includes('string')
      ? [`${place} has another pattern`]
      : []),
    ...(after.uniqueItems === true && before.uniqueItems !== true && from.includes('array')
      ? [`${place} must have unique items`]
      : []),
    ...(from.includes('array') && to.includes('array')
      ? narrowed(before.items as JsonSchema, after.items as JsonSchema, `${place}[]`)
      : []),
    ...(from.includes('object') && to.includes('object') ? narrowedObject(before, after, place) : []),
  ];
}

/** As {@link narrowed}, of two closed objects. */
export function narrowedObject(before: JsonSchema, after: JsonSchema, place: string): string[] {
  const [from, to] = [propertiesOf(before), propertiesOf(after)];
  const mandatory = requiredOf(before);
  return [
    ...Object.entries(from).flatMap(([name, schema]) => {
      const other = to[name];
      if (other === undefined) return [`${place}.${name} is gone`];
      return narrowed(schema, other, `${place}.${name}`);
    }),
    ...requiredOf(after)
      .filter((name) => !mandatory.includes(name))
      .map((name) => `${place}.${name} is required now`),
  ];
}

export const propertiesOf = (schema: JsonSchema): Readonly<Record<string, JsonSchema>> =>
  (schema.properties ?? {}) as Record<string, JsonSchema>;

export const requiredOf = (schema: JsonSchema): readonly string[] =>
  (schema.required ?? []) as readonly string[];

const typesOf = (schema: JsonSchema): readonly string[] => [schema.type as string | string[]].flat();

function tighter(before: JsonSchema, after: JsonSchema, { key, without, upper }: Limit): boolean {
  const [from, to] = [before, after].map((schema) => (schema[key] as number | undefined) ?? without);
  return upper ? Number(to) < Number(from) : Number(to) > Number(from);
}

/** All values of a schema that has only so many; null when it has more. */
function finite(schema: JsonSchema): readonly unknown[] | null {
  const listed = schema.const === undefined ? schema.enum : [schema.const];
  if (Array.isArray(listed)) return listed.filter((value) => accepts(schema, value));
  const types = typesOf(schema);
  if (!types.every((type) => type === 'boolean' || type === 'null')) return null;
  return [true, false, null].filter((value) => accepts(schema, value));
}
