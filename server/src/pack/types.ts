import { eventKey, versionsOf } from './evolution.js';
import type { EventDeclaration, Field, JsonSchema, Pack } from './model.js';
import { propertiesOf, requiredOf } from './narrowing.js';

/**
 * TypeScript types of the events of a pack, as a sender writes them: one for each event type and version, and the union
 * of all. They say what JSON Schema says as far as types can: limits and patterns are only checked by the server.
 */
export function typesOfPack(pack: Pack): string {
  const all = `${pascal(pack.name)}Event`;
  const names = new Set(['Envelope', 'Actor', 'Entity', 'Correlation', all]);
  const versions = versionsOf(pack);
  const newest = (e: EventDeclaration) => versions.get(eventKey(e.eventType, e.action))?.at(-1);
  const declared = pack.events.map((event) => ({ event, name: unique(nameOf(event), event, names) }));
  return [
    `/** Events of ${pack.name} v${pack.version}. Written by \`prooflog pack types\`; changes here are lost. */`,
    ENVELOPE,
    ...declared.map(({ event, name }) => interfaceOf(event, name, event === newest(event))),
    `export type ${all} =${declared.map(({ name }) => `\n  | ${name}`).join('')};`,
    '',
  ].join('\n\n');
}

/** The part of the envelope that is the same for all events (guard/event/schema.ts). */
const ENVELOPE = `export interface Envelope {
  event_id?: string | null;
  /** RFC 3339, with an offset. */
  occurred_at: string;
  result: 'success' | 'failure' | 'denied' | 'pending';
  reason?: string | null;
  /** Id of the event that this one corrects. */
  corrects?: string | null;
  tenant?: { id?: string | null; slug?: string | null } | null;
}

export interface Actor {
  type: 'user' | 'service' | 'system';
  id: string;
  role?: string | null;
  ip?: string | null;
  user_agent?: string | null;
}

export interface Entity {
  id: string;
  version?: string | number | null;
}

export interface Correlation {
  correlation_id?: string | null;
  job_id?: string | null;
  request_id?: string | null;
  session_id?: string | null;
  span_id?: string | null;
  trace_id?: string | null;
}`;

const pascal = (text: string): string =>
  text
    .split(/[^a-zA-Z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

const nameOf = (event: EventDeclaration): string =>
  pascal(event.named ? event.eventType.replaceAll('_', '.') : event.action.replaceAll('_', '.'));

/** Later versions, and actions of one name under several event types, are told apart. */
function unique(name: string, event: EventDeclaration, taken: Set<string>): string {
  const tries = [name, `${name}V${event.version}`, `${pascal(event.eventType)}${name}V${event.version}`];
  const free = [...tries, `${tries[2]}_${taken.size}`].find((t) => !taken.has(t)) as string;
  taken.add(free);
  return free;
}

/** @param newest a sender that names no version means the newest */
function interfaceOf(event: EventDeclaration, name: string, newest: boolean): string {
  const needed = (room: string): string[] =>
    event.requires
      .filter((place) => place.startsWith(`${room}.`))
      .map((place) => place.slice(room.length + 1));
  const correlation = needed('correlation');
  const mandatory = event.requires.filter((place) => !place.includes('.'));
  const hasRequired = requiredOf(event.details).length > 0;
  return [
    comment(event.description, ''),
    `export interface ${name} extends Envelope {`,
    `  event_type${event.named ? '' : '?'}: ${JSON.stringify(event.eventType)};`,
    `  event_version${newest ? '?' : ''}: ${event.version};`,
    `  action${event.named ? '?' : ''}: ${JSON.stringify(event.action)};`,
    `  stream?: ${JSON.stringify(event.stream)};`,
    `  actor: Actor${demanding('Actor', needed('actor'))};`,
    `  entity: Entity & { type: ${event.entityTypes.map((type) => JSON.stringify(type)).join(' | ')} }${demanding('Entity', needed('entity'))};`,
    `  correlation${correlation.length > 0 ? '' : '?'}: Correlation${demanding('Correlation', correlation)}${correlation.length > 0 ? '' : ' | null'};`,
    ...mandatory.map((place) => `  ${place}: string;`),
    `  metadata${hasRequired ? '' : '?'}: {`,
    '    safe_fields_only: true;',
    `    details${hasRequired ? '' : '?'}: ${objectType(event.details, event.fields, '    ')};`,
    '  };',
    '}',
  ].join('\n');
}

/** Members that may be left out in general and not here. */
const demanding = (of: string, members: readonly string[]): string =>
  members.length === 0 ? '' : ` & { ${members.map((m) => `${m}: NonNullable<${of}['${m}']>`).join('; ')} }`;

const comment = (text: string, indent: string): string =>
  `${indent}/** ${text.replaceAll('*/', '* /').replace(/\s+/g, ' ').trim()} */`;

function objectType(schema: JsonSchema, fields: readonly Field[], indent: string): string {
  const required = requiredOf(schema);
  const properties = propertiesOf(schema);
  const members = fields.map((field) => {
    const { name, description, shape } = field;
    const type = typeOf(properties[name] ?? {}, shape, `${indent}  `);
    const mark = required.includes(name) ? '' : '?';
    return `${comment(description, `${indent}  `)}\n${indent}  ${name}${mark}: ${type};`;
  });
  return members.length === 0 ? 'Record<string, never>' : `{\n${members.join('\n')}\n${indent}}`;
}

function typeOf(schema: JsonSchema, shape: Field['shape'], indent: string): string {
  const listed = schema.const === undefined ? schema.enum : [schema.const];
  if (Array.isArray(listed)) return listed.map((value) => JSON.stringify(value)).join(' | ');
  const types = [schema.type as string | string[]].flat().map((type) => {
    if (type === 'array' && shape.kind === 'array')
      return `(${typeOf(schema.items as JsonSchema, shape.items, indent)})[]`;
    if (type === 'object' && shape.kind === 'object') return objectType(schema, shape.fields, indent);
    return type === 'integer' ? 'number' : type;
  });
  return [...new Set(types)].join(' | ');
}
