import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Failure } from '../base/errors.js';
import {
  type DetailField,
  type EventDeclaration,
  type JsonSchema,
  type Mapping,
  type Pack,
  type SourceDeclaration,
  STRATEGIES,
} from './model.js';
import { parsePeriod, type Retention } from './retention.js';

const SNAKE = /^[a-z][a-z0-9_]{0,62}$/;

/** Reads one value of a declaration or says which file lacks it. */
class Reader {
  readonly #file: string;
  readonly #value: Record<string, unknown>;

  constructor(file: string, value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw wrong(file, 'is not a mapping');
    this.#file = file;
    this.#value = value as Record<string, unknown>;
  }

  static file(path: string): Reader {
    let value: unknown;
    try {
      value = parse(readFileSync(path, 'utf8'));
    } catch (error) {
      throw wrong(
        path,
        error instanceof Error ? (error.message.split('\n')[0] ?? 'cannot be read') : 'cannot be read',
      );
    }
    return new Reader(path, value);
  }

  text(key: string): string {
    const v = this.#value[key];
    if (typeof v !== 'string' || v === '') throw wrong(this.#file, `${key} must be a text`);
    return v;
  }

  name(key: string): string {
    const v = this.text(key);
    if (!SNAKE.test(v)) throw wrong(this.#file, `${key} must be in snake_case`);
    return v;
  }

  integer(key: string): number {
    const v = this.#value[key];
    if (typeof v !== 'number' || !Number.isInteger(v) || v < 1)
      throw wrong(this.#file, `${key} must be a whole number from 1`);
    return v;
  }

  names(key: string): string[] {
    const v = this.#value[key];
    if (!Array.isArray(v) || v.length === 0 || !v.every((x) => typeof x === 'string' && SNAKE.test(x)))
      throw wrong(this.#file, `${key} must be a list of names in snake_case`);
    return v as string[];
  }

  child(key: string): Reader {
    return new Reader(`${this.#file} (${key})`, this.#value[key]);
  }

  entries(): [string, unknown][] {
    return Object.entries(this.#value);
  }

  get file(): string {
    return this.#file;
  }
}

function wrong(file: string, what: string): Failure {
  return new Failure('bad_pack', `${file}: ${what}.`);
}

function yamlFiles(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(dir, name));
}

/**
 * Loads a pack folder: `pack.yaml`, `retention.yaml`, `events/*.yaml`, `sources/*.yaml`.
 * @throws Failure `bad_pack` naming the file and what is wrong with it.
 */
export function loadPack(dir: string): Pack {
  const head = Reader.file(join(dir, 'pack.yaml'));
  const name = head.text('name');
  const events = yamlFiles(join(dir, 'events')).flatMap((file) => readEvents(name, Reader.file(file)));
  return {
    name,
    version: head.integer('version'),
    description: head.text('description'),
    dir,
    events,
    sources: yamlFiles(join(dir, 'sources')).map((file) => readSource(name, Reader.file(file))),
    retention: readRetention(Reader.file(join(dir, 'retention.yaml')), events),
  };
}

/** All packs below a folder, by name. */
export function loadPacks(dir: string): Map<string, Pack> {
  const packs = readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => loadPack(join(dir, entry.name)));
  return new Map(packs.map((pack) => [pack.name, pack]));
}

function readEvents(pack: string, file: Reader): EventDeclaration[] {
  const properties = file.child('details');
  const fields = properties.entries().map(([name, schema]) => readField(name, properties, schema));
  fields.sort((a, b) => (a.name < b.name ? -1 : 1));
  const details: JsonSchema = {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(properties.entries().map(([name, schema]) => [name, plainSchema(schema)])),
  };
  const shared = {
    pack,
    eventType: file.name('event_type'),
    version: file.integer('version'),
    stream: file.name('stream'),
    entityTypes: file.names('entity_types'),
    details,
    fields,
  };
  const actions = file.child('actions');
  return actions.entries().map(([action, body]) => {
    if (!SNAKE.test(action)) throw wrong(file.file, `the action ${action} must be in snake_case`);
    return {
      ...shared,
      action,
      description: new Reader(`${file.file} (${action})`, body).text('description'),
    };
  });
}

/** Every stream of the pack has a rule: nothing is kept for ever because somebody forgot to say how long. */
function readRetention(file: Reader, events: readonly EventDeclaration[]): Retention[] {
  const rules = file.entries().map(([stream, body]) => {
    const rule = new Reader(`${file.file} (${stream})`, body);
    const keep = parsePeriod(rule.text('keep'));
    if (keep === null) throw wrong(rule.file, 'keep must be a period such as P7Y, P13M or P90D');
    return { stream, keep, because: rule.text('because') };
  });
  const missing = events.find((event) => !rules.some((rule) => rule.stream === event.stream));
  if (missing !== undefined) throw wrong(file.file, `has no rule for the stream ${missing.stream}`);
  return rules;
}

function readField(name: string, parent: Reader, schema: unknown): DetailField {
  const field = new Reader(`${parent.file} (${name})`, schema);
  const strategy = STRATEGIES.find((known) => known === field.text('privacy'));
  if (strategy === undefined) throw wrong(field.file, `privacy must be one of ${STRATEGIES.join(', ')}`);
  return { name, strategy, description: field.text('description') };
}

/** The schema as Ajv takes it: without our own keyword. */
function plainSchema(schema: unknown): JsonSchema {
  const { privacy: _, ...rest } = schema as { privacy: unknown };
  return rest;
}

function readSource(pack: string, file: Reader): SourceDeclaration {
  const envelope = new Map<string, Mapping>();
  const targets = file.child('envelope');
  for (const [target, spec] of targets.entries())
    envelope.set(target, readMapping(`${targets.file} (${target})`, spec));
  return {
    pack,
    name: file.name('name'),
    description: file.text('description'),
    id: file.text('id'),
    envelope,
  };
}

function readMapping(where: string, spec: unknown): Mapping {
  if (typeof spec === 'string') return { from: [spec] };
  const given = new Map(new Reader(where, spec).entries());
  if (given.has('value')) return { value: String(given.get('value')) };
  const from = given.get('from');
  const paths = typeof from === 'string' ? [from] : from;
  if (!Array.isArray(paths) || !paths.every((p) => typeof p === 'string'))
    throw wrong(where, 'needs from or value');
  const values = given.get('values') as Record<string, string> | undefined;
  const fallback = given.get('default');
  return {
    from: paths,
    ...(values === undefined ? {} : { values }),
    ...(fallback === undefined ? {} : { default: String(fallback) }),
  };
}
