import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Rejection } from '../base/errors.js';
import type { LogInput } from '../event/log-input.js';
import { mintGuarded } from '../event/mint/guarded.js';
import type { Guarded, Sender } from '../event/stages.js';
import type { EventDeclaration, Pack, SourceDeclaration } from '../pack/model.js';
import type { Consents } from './consents.js';
import { type Countries, NO_COUNTRIES } from './countries.js';
import { EventBuilder } from './event/build.js';
import { Catalogue } from './event/catalogue.js';
import { fromAjv, Refused } from './event/refusal.js';
import { ENVELOPE, type Envelope } from './event/schema.js';
import { applySource } from './event/source.js';
import { LogBuilder, type LogRecord } from './log/build.js';
import { People, type Secrets } from './people.js';

/** A block holds at most this many records and bytes. */
const BLOCK_RECORDS = 1_000;
const BLOCK_BYTES = 1 << 20;
const MAX_LOG = 512 * 1024;

export interface GuardedLogs {
  readonly blocks: Guarded[];
  readonly accepted: number;
  readonly rejected: Rejection[];
  readonly lastEventId: Uint8Array | null;
}

/**
 * The sole maker of {@link Guarded}. Everything personal ends here; all patterns and schemas are compiled in
 * the constructor, so what cannot compile stops the start.
 */
export class Guard {
  readonly #envelope: ValidateFunction<Envelope>;
  readonly #catalogue: Catalogue;
  readonly #sources = new Map<string, SourceDeclaration[]>();
  readonly #events: EventBuilder;
  readonly #logs: LogBuilder;

  constructor(
    packs: Iterable<Pack>,
    vault: Secrets,
    consents: Consents,
    countries: Countries = NO_COUNTRIES,
  ) {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: false, ownProperties: true });
    this.#envelope = ajv.compile<Envelope>(ENVELOPE);
    const all = [...packs];
    this.#catalogue = new Catalogue(
      ajv,
      all.flatMap((pack) => pack.events),
    );
    for (const source of all.flatMap((pack) => pack.sources))
      this.#sources.set(source.name, [...(this.#sources.get(source.name) ?? []), source]);
    const people = new People(vault, consents);
    this.#events = new EventBuilder(vault, people, countries);
    this.#logs = new LogBuilder(vault, people, countries, all);
  }

  /** One event of the events API, `source` naming the foreign shape it has. */
  event(value: unknown, sender: Sender, now: number, source?: string): Guarded | Rejection {
    try {
      const mapped =
        source === undefined ? value : applySource(this.#source(source, sender), value, sender.tenant.id);
      return this.#event(mapped, sender, now);
    } catch (error) {
      if (error instanceof Refused) return error.rejection;
      throw error;
    }
  }

  /** Whether one of the tenant's packs declares the source. */
  hasSource(name: string, packs: readonly string[]): boolean {
    return this.#find(name, packs) !== undefined;
  }

  #source(name: string, sender: Sender): SourceDeclaration {
    const found = this.#find(name, sender.tenant.packs);
    if (found === undefined)
      throw new Refused('unknown_source', 'source', 'No pack of this tenant declares the source.');
    return found;
  }

  /** `pack/name`, or the name alone: then the first of the tenant's packs that has it. */
  #find(name: string, packs: readonly string[]): SourceDeclaration | undefined {
    const [own = '', pack] = name.split('/').reverse();
    const declared = this.#sources.get(own) ?? [];
    const wanted = packs.filter((turnedOn) => pack === undefined || turnedOn === pack);
    return wanted.flatMap((each) => declared.filter((source) => source.pack === each))[0];
  }

  #event(value: unknown, sender: Sender, now: number): Guarded | Rejection {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { code: 'not_an_object', field: '(item)', message: 'The item must be a JSON object.' };
    if (!this.#envelope(value)) return fromAjv(this.#envelope.errors);
    checkTenant(value, sender);
    const { declaration, details: valid } = this.#catalogue.find(value, sender.tenant.packs);
    checkRequired(value, declaration);
    const details = value.metadata?.details;
    if (!valid(details ?? {})) return fromAjv(valid.errors, '/metadata/details');
    return this.#events.build(value, declaration, sender, now);
  }

  #log(input: LogInput, sender: Sender, now: number): LogRecord | Rejection {
    try {
      const record = this.#logs.build(input, sender, now);
      if (record.bytes.length <= MAX_LOG) return record;
    } catch (error) {
      if (error instanceof Refused) return error.rejection;
      throw error;
    }
    return {
      code: 'record_too_large',
      field: 'body',
      message: `A log record may take at most ${MAX_LOG} bytes.`,
    };
  }

  /** Log records of one request, packed into blocks in their order. */
  logs(inputs: readonly LogInput[], sender: Sender, now: number): GuardedLogs {
    const blocks: Guarded[] = [];
    const rejected: Rejection[] = [];
    let open: { parts: Buffer[]; bytes: number; first: Uint8Array } | null = null;
    let accepted = 0;
    let lastEventId: Uint8Array | null = null;
    const close = (): void => {
      if (open === null) return;
      const { parts, first } = open;
      blocks.push(
        mintGuarded({
          kind: 'block',
          log: `${sender.tenant.id}/logs`,
          eventId: first,
          patch: parts.length / 2,
          payload: Buffer.concat(parts),
        }),
      );
      open = null;
    };
    for (const input of inputs) {
      const record = this.#log(input, sender, now);
      if ('code' in record) {
        rejected.push(record);
        continue;
      }
      if (
        open !== null &&
        (open.parts.length / 2 >= BLOCK_RECORDS || open.bytes + record.bytes.length > BLOCK_BYTES)
      )
        close();
      open ??= { parts: [], bytes: 0, first: record.eventId };
      const length = Buffer.allocUnsafe(4);
      length.writeUInt32BE(record.bytes.length);
      open.parts.push(length, record.bytes);
      open.bytes += record.bytes.length + 4;
      accepted += 1;
      lastEventId = record.eventId;
    }
    close();
    return { blocks, accepted, rejected, lastEventId };
  }
}

/** The tenant comes from the credential; a record that names another one is a mistake or an attempt. */
function checkTenant(e: Envelope, sender: Sender): void {
  const { id, slug } = e.tenant ?? {};
  if ((id && id !== sender.tenant.id) || (slug && slug !== sender.tenant.slug))
    throw new Refused('wrong_tenant', 'tenant', 'The record names another tenant than the credential does.');
}

/** What a declaration demands of the envelope beyond its schema. */
function checkRequired(e: Envelope, d: EventDeclaration): void {
  for (const path of d.requires) {
    const [room = '', member] = path.split('.');
    const at = e[room as 'actor' | 'reason'];
    const value = member === undefined ? at : (at as Record<string, unknown> | null | undefined)?.[member];
    if (value === undefined || value === null || value === '')
      throw new Refused('missing_field', path, `${path} is required for ${d.action}.`);
  }
}

export const isGuarded = (result: Guarded | Rejection): result is Guarded => 'payload' in result;
