import type { EventDeclaration, Field, JsonSchema, Pack, Shape, Strategy, Upcast } from './model.js';
import { accepts, narrowedObject, propertiesOf, requiredOf } from './narrowing.js';
import { atLeastAsStrong } from './strength.js';
import type { Problem } from './yaml.js';

const NOTHING: Upcast = { rename: new Map(), drop: new Set(), set: new Map() };

/**
 * Why a later version of an event breaks with an earlier one (docs/formats/pack.md, "Versions"): for those who read
 * both, for those who send it, or for those who were promised something about their data. Empty when it does not.
 */
export function breaking(before: EventDeclaration, after: EventDeclaration): string[] {
  const upcast = after.upcast ?? NOTHING;
  return [
    ...(after.upcast === null ? demands(before, after) : []),
    ...promises(before, after, upcast),
    ...narrowedObject(asRead(before.details, upcast), after.details, 'details'),
    ...misfits(before.details, after.details, upcast),
  ];
}

/** The versions of a pack, each against the one before it. */
export function breakingVersions(pack: Pack): Problem[] {
  return [...versionsOf(pack).values()].flatMap((versions) =>
    versions.slice(1).flatMap((after, i) => {
      const why = breaking(versions[i] as EventDeclaration, after);
      if (why.length === 0) return [];
      const what = `Version ${after.version} of ${after.action} breaks with the one before: ${why.join('; ')}.`;
      return [{ file: after.file, line: after.line, what }];
    }),
  );
}

/** What is declared under one event type and action, oldest version first. */
export function versionsOf(pack: Pack): Map<string, EventDeclaration[]> {
  const found = new Map<string, EventDeclaration[]>();
  for (const event of [...pack.events].sort((a, b) => a.version - b.version)) {
    const key = eventKey(event.eventType, event.action);
    found.set(key, [...(found.get(key) ?? []), event]);
  }
  return found;
}

export const eventKey = (eventType: string, action: string): string => `${eventType}\n${action}`;

/** What is asked of senders besides details; an `upcast` says that the author knows. */
function demands(before: EventDeclaration, after: EventDeclaration): string[] {
  const found: string[] = [];
  if (after.stream !== before.stream)
    found.push(`the stream changes from ${before.stream} to ${after.stream}`);
  if (before.named && !after.named) found.push('the action must be named now');
  for (const place of after.requires)
    if (!before.requires.includes(place)) found.push(`${place} is required now`);
  for (const type of before.entityTypes)
    if (!after.entityTypes.includes(type)) found.push(`the entity type ${type} is gone`);
  if (before.consent === null && after.consent !== null)
    found.push(`consent to ${after.consent} is needed now`);
  return found;
}

/** What people were promised about their data stays promised, however old records are read. */
function promises(before: EventDeclaration, after: EventDeclaration, { rename }: Upcast): string[] {
  const renamed = before.fields.map((field) => ({ ...field, name: rename.get(field.name) ?? field.name }));
  return [
    ...(before.consent !== null && after.consent !== before.consent
      ? [`consent to ${before.consent} is no longer asked for`]
      : []),
    ...before.people
      .filter((type) => after.entityTypes.includes(type) && !after.people.includes(type))
      .map((type) => `entities of type ${type} are no longer pseudonyms`),
    ...weaker(renamed, after.fields, 'details'),
  ];
}

function weaker(before: readonly Field[], after: readonly Field[], place: string): string[] {
  return before.flatMap((field) => {
    const other = after.find(({ name }) => name === field.name);
    if (other === undefined) return [];
    const at = `${place}.${field.name}`;
    const dropped = field.consent !== null && other.consent !== field.consent;
    return [
      ...(dropped ? [`${at} no longer asks for consent to ${field.consent}`] : []),
      ...weakerShape(field.shape, other.shape, at),
    ];
  });
}

function weakerShape(before: Shape, after: Shape, at: string): string[] {
  if (before.kind === 'leaf' && after.kind === 'leaf')
    return atLeastAsStrong(before.strategy, after.strategy)
      ? []
      : [`${at} is protected less: ${nameOf(before.strategy)} becomes ${nameOf(after.strategy)}`];
  if (before.kind === 'array' && after.kind === 'array')
    return weakerShape(before.items, after.items, `${at}[]`);
  if (before.kind === 'object' && after.kind === 'object') return weaker(before.fields, after.fields, at);
  // Of another type altogether: that is said by the schemas.
  return [];
}

function nameOf(strategy: Strategy): string {
  switch (strategy.kind) {
    case 'mask':
      return `mask ${strategy.last}`;
    case 'bucket':
      return `bucket ${strategy.bounds.join(', ')}`;
    case 'encrypt':
      return strategy.subject === null ? 'encrypt' : `encrypt for ${strategy.subject}`;
    default:
      return strategy.kind;
  }
}

/** The schema of old details as they are read through an upcast. */
function asRead(details: JsonSchema, { rename, drop, set }: Upcast): JsonSchema {
  const newName = (name: string): string => rename.get(name) ?? name;
  const kept = Object.entries(propertiesOf(details)).filter(([name]) => !drop.has(name));
  const given = [...set].map(([name, value]): [string, JsonSchema] => [name, { const: value }]);
  const required = requiredOf(details).filter((name) => !drop.has(name));
  return {
    type: 'object',
    properties: Object.fromEntries([
      ...given,
      ...kept.map(([name, schema]): [string, JsonSchema] => [newName(name), schema]),
    ]),
    required: [...new Set([...required.map(newName), ...set.keys()])],
  };
}

/** What an upcast says that cannot be: a value that the new version refuses, one name for two fields. */
function misfits(before: JsonSchema, after: JsonSchema, { rename, drop, set }: Upcast): string[] {
  const fields = propertiesOf(after);
  const names = Object.keys(propertiesOf(before)).filter((name) => !drop.has(name));
  const renamed = names.map((name) => rename.get(name) ?? name);
  const twice = renamed.filter((name, i) => renamed.indexOf(name) !== i);
  return [
    ...[...set]
      .filter(([name, value]) => fields[name] !== undefined && !accepts(fields[name], value))
      .map(([name]) => `upcast.set.${name} is no value of that field`),
    ...twice.map((name) => `upcast.rename gives ${name} to two fields`),
  ];
}
