import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breaking } from './evolution.js';
import type { EventDeclaration, Field, JsonSchema, Strategy } from './model.js';
import { accepts, narrowed } from './narrowing.js';
import { applyUpcast } from './upcast.js';

interface Part {
  readonly schema: JsonSchema;
  readonly strategy: Strategy;
  readonly required: boolean;
}
type Parts = Readonly<Record<string, Part>>;

function event(parts: Parts, over: Partial<EventDeclaration> = {}): EventDeclaration {
  const names = Object.keys(parts).sort();
  const fields = names.map((name): Field => {
    const strategy = parts[name]?.strategy ?? { kind: 'keep' };
    return { name, description: 'A field', shape: { kind: 'leaf', strategy }, consent: null };
  });
  const details: JsonSchema = {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(names.map((name) => [name, parts[name]?.schema])),
    required: names.filter((name) => parts[name]?.required),
  };
  return {
    ...{ pack: 'p', file: 'events/a.yaml', line: 1, action: 'a_b', eventType: 'a.b', named: true },
    ...{ version: 1, stream: 'domain', description: 'An event', entityTypes: ['parcel'], requires: [] },
    people: [],
    ...{ consent: null, upcast: null, details, fields },
    ...over,
  };
}

const bound = fc.integer({ min: 1, max: 9 });
const leaf: fc.Arbitrary<JsonSchema> = fc.oneof(
  fc.record({ type: fc.constant(['string']), minLength: fc.nat(2), maxLength: bound }),
  fc.record({ type: fc.constant(['string', 'null']), enum: fc.constant(['a', 'b', null]) }),
  fc.record({ type: fc.constantFrom(['integer'], ['number']), minimum: fc.nat(3), maximum: bound }),
  fc.record({ type: fc.constantFrom(['boolean'], ['boolean', 'null'], ['integer', 'boolean']) }),
  fc.record({ type: fc.constant(['string']), enum: fc.subarray(['a', 'b', 'c'], { minLength: 1 }) }),
);
const schema = fc.oneof(
  leaf,
  fc.record({ type: fc.constant(['array']), items: leaf, maxItems: bound }),
  fc.record({
    type: fc.constant(['object']),
    additionalProperties: fc.constant(false),
    properties: fc.record({ x: leaf, y: leaf }, { requiredKeys: ['x'] }),
    required: fc.subarray(['x']),
  }),
);
const strategy: fc.Arbitrary<Strategy> = fc.oneof(
  fc.record({ kind: fc.constantFrom('keep', 'scrub', 'drop', 'tokenise', 'hash', 'truncate') }),
  fc.record({ kind: fc.constant('mask' as const), last: fc.nat(4) }),
  fc.record({ kind: fc.constant('encrypt' as const), subject: fc.constant(null) }),
);
const part = fc.record({ schema, strategy, required: fc.boolean() });
const parts: fc.Arbitrary<Parts> = fc.dictionary(fc.constantFrom('one', 'two', 'three'), part, {
  maxKeys: 3,
});

/** Values that a schema takes, and some that it may take. */
function valueUnder(schema: JsonSchema): fc.Arbitrary<unknown> {
  const type = fc.constantFrom(...(schema.type as string[]));
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  return type.chain((one): fc.Arbitrary<unknown> => {
    if (one === 'array')
      return fc.array(valueUnder(schema.items as JsonSchema), { maxLength: schema.maxItems as number });
    if (one === 'object') return valuesUnder(schema.properties as Record<string, JsonSchema>);
    if (one === 'string') return fc.string({ maxLength: (schema.maxLength as number | undefined) ?? 9 });
    return fc.constantFrom<unknown>(
      ...(one === 'boolean' ? [true, false] : one === 'null' ? [null] : [0, 1, 3, 9]),
    );
  });
}

const valuesUnder = (properties: Readonly<Record<string, JsonSchema>>): fc.Arbitrary<unknown> =>
  fc.record(Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, valueUnder(one)])));

const BASE: Part = {
  schema: { type: ['string'], minLength: 2, maxLength: 10, pattern: '^[a-z]*$' },
  strategy: { kind: 'scrub' },
  required: true,
};
const REASON = { requires: ['reason'] };
const MORE: Part = {
  schema: { type: ['string'], maxLength: 9 },
  strategy: { kind: 'keep' },
  required: false,
};

const withBase =
  (base: Partial<Part>) =>
  (parts: Parts): EventDeclaration =>
    event({ ...parts, base: { ...BASE, ...base } }, REASON);
const withSchema = (schema: JsonSchema) => withBase({ schema });

/** One step that every old sender and reader can live with. */
const LOOSER: Readonly<Record<string, (parts: Parts) => EventDeclaration>> = {
  'a further field': (p) => event({ ...p, base: BASE, more: MORE }, REASON),
  'a field that is not required any more': withBase({ required: false }),
  'a longer text': withSchema({ ...BASE.schema, maxLength: 20 }),
  'a shorter text': withSchema({ ...BASE.schema, minLength: 0 }),
  'no pattern': withSchema({ type: ['string'], minLength: 2, maxLength: 10 }),
  'a further type': withSchema({ ...BASE.schema, type: ['string', 'null'] }),
  'a stronger strategy': withBase({ strategy: { kind: 'hash' } }),
  'a further entity type': (p) =>
    event({ ...p, base: BASE }, { ...REASON, entityTypes: ['parcel', 'letter'] }),
  'one demand less': (p) => event({ ...p, base: BASE }),
};

describe('a version', () => {
  it('does not break with itself', () => {
    fc.assert(
      fc.property(parts, (p) => {
        expect(breaking(event(p), event(p))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it.each(Object.entries(LOOSER))(
    'goes with the one before when it has %s, and not the other way',
    (_, loosen) => {
      fc.assert(
        fc.property(parts, (p) => {
          const strict = event({ ...p, base: BASE }, REASON);
          const loose = loosen(p);
          expect(breaking(strict, loose)).toEqual([]);
          expect(breaking(loose, strict)).not.toEqual([]);
        }),
        { numRuns: 20 },
      );
    },
  );

  it('that is compatible takes every value that the one before takes', () => {
    let compatible = 0;
    const pair = fc
      .tuple(schema, schema)
      .chain(([before, after]) => fc.tuple(fc.constant(before), fc.constant(after), valueUnder(before)));
    fc.assert(
      fc.property(pair, ([before, after, sent]) => {
        if (narrowed(before, after, 'field').length > 0 || !accepts(before, sent)) return;
        compatible += 1;
        expect(accepts(after, sent)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect(compatible).toBeGreaterThan(3);
  });

  it('may not weaken what people were promised, whatever the upcast', () => {
    fc.assert(
      fc.property(strategy, strategy, (a, b) => {
        const one = event({ base: { ...BASE, strategy: a } });
        const upcast = { rename: new Map(), drop: new Set<string>(), set: new Map() };
        const other = { ...event({ base: { ...BASE, strategy: b } }), upcast };
        const there = breaking(one, other).length === 0;
        const back = breaking({ ...other, upcast: null }, { ...one, upcast }).length === 0;
        // Never both, unless nothing changed.
        expect(there && back).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it('may not stop asking for consent', () => {
    const upcast = { rename: new Map(), drop: new Set<string>(), set: new Map() };
    const asked = event({}, { consent: 'analytics' });
    expect(breaking(asked, event({}, { upcast }))).toEqual(['consent to analytics is no longer asked for']);
    expect(breaking(event({}), asked)).toEqual(['consent to analytics is needed now']);
    expect(breaking(event({}), { ...asked, upcast })).toEqual([]);
  });
});

describe('an upcast', () => {
  const text: JsonSchema = { type: ['string'], maxLength: 9 };
  const of = (schema: JsonSchema, required: boolean): Part => ({
    schema,
    required,
    strategy: { kind: 'keep' },
  });
  const before = event({ colour: of(text, true), shade: of(text, false), size: of(text, false) });
  const after = event(
    {
      color: of(text, true),
      currency: of({ type: ['string'], enum: ['EUR', 'USD'] }, true),
      size: of(text, true),
    },
    {
      upcast: {
        rename: new Map([['colour', 'color']]),
        drop: new Set(['shade']),
        set: new Map([
          ['currency', 'EUR'],
          ['size', 'M'],
        ]),
      },
    },
  );

  it('mends what was renamed, dropped and required', () => {
    expect(breaking(before, { ...after, upcast: null })).toEqual([
      'details.colour is gone',
      'details.shade is gone',
      'details.color is required now',
      'details.currency is required now',
      'details.size is required now',
    ]);
    expect(breaking(before, after)).toEqual([]);
  });

  it('makes of every valid old record a valid new one', () => {
    const old = fc.record(
      {
        colour: fc.string({ maxLength: 4 }),
        shade: fc.string({ maxLength: 4 }),
        size: fc.constantFrom('S', 'L'),
      },
      { requiredKeys: ['colour'] },
    );
    fc.assert(
      fc.property(old, (sent) => {
        if (after.upcast === null) throw new Error('no upcast');
        const read = applyUpcast(sent, after.upcast);
        expect(accepts(after.details, read)).toBe(true);
        expect(read).toEqual({ color: sent.colour, currency: 'EUR', size: sent.size ?? 'M' });
      }),
    );
  });

  it('cannot give a value that is none, or two fields one name', () => {
    const wrong = {
      rename: new Map([['shade', 'size']]),
      drop: new Set<string>(),
      set: new Map([['size', 7]]),
    };
    expect(breaking(before, { ...before, upcast: wrong })).toEqual([
      'upcast.set.size is no value of that field',
      'upcast.rename gives size to two fields',
    ]);
  });
});
