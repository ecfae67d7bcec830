import type { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js';
import { Failure } from '../../base/errors.js';
import type { EventDeclaration } from '../../pack/model.js';
import { Refused } from './refusal.js';
import type { Envelope } from './schema.js';

export interface Compiled {
  readonly declaration: EventDeclaration;
  /** Validates `metadata.details`. */
  readonly details: ValidateFunction;
}

/** All declared events by what a sender names: their action, or an event type that alone says the action. */
export class Catalogue {
  readonly #byAction = new Map<string, Compiled[]>();
  readonly #byType = new Map<string, Compiled[]>();

  /** @throws Failure `bad_pack`: a rule that is skipped protects nothing. */
  constructor(ajv: Ajv2020, declarations: Iterable<EventDeclaration>) {
    for (const declaration of declarations) {
      const compiled = { declaration, details: compile(ajv, declaration) };
      push(this.#byAction, declaration.action, compiled);
      if (declaration.named) push(this.#byType, declaration.eventType, compiled);
    }
  }

  /** @param packs of the tenant @throws Refused when none of them declares the event so. */
  find(e: Envelope, packs: readonly string[]): Compiled {
    const typed = this.#named(e, packs);
    const latest = typed.reduce((a, b) => (b.declaration.version > a.declaration.version ? b : a));
    const version = e.event_version ?? latest.declaration.version;
    const found = typed.find((c) => c.declaration.version === version);
    if (found === undefined)
      throw new Refused(
        'unknown_version',
        'event_version',
        `Declared versions: ${typed.map((c) => c.declaration.version).join(', ')}.`,
      );
    const { stream } = found.declaration;
    if (e.stream && e.stream !== stream)
      throw new Refused('wrong_stream', 'stream', `The action belongs to the stream ${stream}.`);
    return found;
  }

  /** All versions of the event that is named; at least one. */
  #named(e: Envelope, packs: readonly string[]): Compiled[] {
    const own = (list: Compiled[] = []): Compiled[] => list.filter((c) => packs.includes(c.declaration.pack));
    const type = e.event_type ?? '';
    if (!e.action) {
      if (type === '') throw new Refused('missing_field', 'action', 'action is required.');
      const named = own(this.#byType.get(type));
      if (named.length > 0) return named;
      throw new Refused(
        'unknown_action',
        'event_type',
        'No pack of this tenant declares the event type, or it needs an action.',
      );
    }
    const known = own(this.#byAction.get(e.action));
    const typed = type === '' ? known : known.filter((c) => c.declaration.eventType === type);
    if (typed.length > 0) return typed;
    if (known.length > 0)
      throw new Refused('bad_value', 'event_type', 'The action is declared for another event_type.');
    throw new Refused('unknown_action', 'action', 'No pack of this tenant declares the action.');
  }
}

function push(map: Map<string, Compiled[]>, key: string, compiled: Compiled): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [compiled]);
  else list.push(compiled);
}

function compile(ajv: Ajv2020, d: EventDeclaration): ValidateFunction {
  try {
    return ajv.compile(d.details);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'not a JSON Schema';
    throw new Failure('bad_pack', `${d.pack}/${d.file}:${d.line}: details of ${d.action}: ${why}.`);
  }
}
