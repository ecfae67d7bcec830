import { canonicalize } from '@prooflog/proof';
import { fromUnixNano, toRfc3339 } from '../../base/clock.js';
import { formatUuid, newUuid } from '../../base/uuid.js';
import type { LogInput, WireAttributes, WireValue } from '../../event/log-input.js';
import type { Sender } from '../../event/stages.js';
import type { LogField as LogDeclaration, Pack } from '../../pack/model.js';
import type { Countries } from '../countries.js';
import type { People, Secrets } from '../people.js';
import { bareAddress, isPlainIdentifier, normaliseUserAgent, truncateIp } from '../reduce.js';
import { Remarks } from '../remarks.js';
import { applyStrategy } from '../strategies.js';
import { scrubEntries, scrubValue } from '../values.js';
import { LOG_CORRELATION, type LogField, levelOf, standardFields } from './fields.js';

/** Nanoseconds; a time before 1980 or after 2200 is a unit mix-up or an unset clock, and not believed. */
const EARLIEST = 315_532_800_000_000_000n;
const LATEST = 7_258_118_400_000_000_000n;

/** One guarded log record: its canonical bytes and its id. */
export interface LogRecord {
  readonly eventId: Uint8Array;
  readonly bytes: Buffer;
}

/** Builds the canonical bytes of a log record with the standard fields; everything else goes under `attributes`. */
export class LogBuilder {
  readonly #vault: Secrets;
  readonly #people: People;
  readonly #countries: Countries;
  /** Pack → what it declares beyond the standard fields. */
  readonly #declared: ReadonlyMap<string, readonly LogDeclaration[]>;

  constructor(vault: Secrets, people: People, countries: Countries, packs: readonly Pack[]) {
    this.#vault = vault;
    this.#people = people;
    this.#countries = countries;
    this.#declared = new Map(packs.map((pack) => [pack.name, pack.logs?.fields ?? []]));
  }

  build(log: LogInput, sender: Sender, now: number): LogRecord {
    const remarks = new Remarks();
    const eventId = newUuid(now);
    const used = new Set<string>();
    const data = this.#fields(log, sender.tenant.id, used, remarks);
    this.#ofPacks(log, sender, eventId, data, used, remarks);
    data.level = levelOf(log.severityNumber, log.severityText);
    data.message = scrubValue(log.body ?? log.eventName, 'message', remarks);
    if (typeof data.message !== 'string') data.message = canonicalize(data.message);
    if (log.scopeName !== '' && data.loggerName === undefined)
      data.loggerName = remarks.scrub(log.scopeName.toWellFormed(), 'loggerName');
    const correlation = correlationOf(log, used, remarks);
    const rest = [...log.resource, ...log.attributes].filter(([key]) => !used.has(key));
    if (rest.length > 0) data.attributes = scrubEntries(rest, 'attributes', remarks);

    const json =
      `{${correlation}"data":${canonicalize(data)},"event_id":"${formatUuid(eventId)}","event_type":"log",` +
      `"event_version":1,${remarks.json}"occurred_at":"${occurredAt(log, now)}","recorded_at":"${toRfc3339(now)}",` +
      `"stream":"logs","tenant":{"id":"${sender.tenant.id}","slug":"${sender.tenant.slug}"}}`;
    return { eventId, bytes: Buffer.from(json) };
  }

  #fields(log: LogInput, tenant: string, used: Set<string>, remarks: Remarks): Record<string, unknown> {
    const data: Record<string, unknown> = {};
    for (const [field, { key, value: given }] of standardFields(log)) {
      const value = this.#field(field, given, tenant, remarks);
      if (value === undefined) continue;
      data[field.name] = value;
      used.add(key);
      if (field.kind !== 'address') continue;
      const country = this.#countries.of(bareAddress(String(given)));
      if (country !== null) data.clientCountry = country;
    }
    return data;
  }

  /** Fields that the tenant's packs declare, by their strategies. A standard field is not declared again. */
  #ofPacks(
    log: LogInput,
    { tenant }: Sender,
    eventId: Uint8Array,
    data: Record<string, unknown>,
    used: Set<string>,
    remarks: Remarks,
  ): void {
    const declared = tenant.packs.flatMap((pack) => this.#declared.get(pack) ?? []);
    if (declared.length === 0) return;
    const subject = typeof data.userId === 'string' ? data.userId : null;
    const person = this.#people.of({
      tenant: tenant.id,
      subject,
      eventId: formatUuid(eventId),
      eventType: 'log',
    });
    for (const field of declared) {
      const key = field.from.find(
        (name) => !used.has(name) && (log.attributes.has(name) || log.resource.has(name)),
      );
      if (key === undefined || Object.hasOwn(data, field.name)) continue;
      const value = asDeclared(field, log.attributes.get(key) ?? log.resource.get(key), remarks);
      used.add(key);
      if (value === undefined) continue;
      const named = (): undefined => undefined;
      const kept = applyStrategy(field.strategy, value, field.name, { person, remarks, named });
      if (kept !== undefined) data[field.name] = kept;
    }
  }

  /** Undefined leaves the attribute among the rest, where it is scrubbed like any other. */
  #field(field: LogField, value: WireValue, tenant: string, remarks: Remarks): unknown {
    if (field.kind === 'number')
      return typeof value === 'number' && Number.isFinite(value)
        ? scrubValue(value, field.name, remarks)
        : undefined;
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string' || text === '') return undefined;
    if (field.kind === 'subject') {
      remarks.add('pseudonym', field.name);
      return this.#vault.pseudonym(tenant, text);
    }
    if (field.kind === 'address') {
      const network = truncateIp(text);
      if (network !== null) remarks.add('truncate_ip', field.name);
      return network ?? undefined;
    }
    if (field.kind === 'agent') {
      const agent = normaliseUserAgent(text);
      if (agent !== text) remarks.add('normalise', field.name);
      return agent;
    }
    const shown = field.kind === 'path' ? pathOnly(text, remarks) : text;
    return remarks.scrub(shown.toWellFormed(), field.name);
  }
}

/**
 * A value of another type than its field is declared with is not left to the looser rule of undeclared ones: as a
 * text it goes the way of its field, and what is no number is not kept.
 */
function asDeclared(field: LogDeclaration, value: WireValue, remarks: Remarks): string | number | undefined {
  if (field.type === 'string')
    return typeof value === 'string'
      ? value.toWellFormed()
      : canonicalize(scrubValue(value, field.name, remarks));
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  remarks.add('wrong_type', field.name);
  return undefined;
}

/** Query strings carry tokens and names; only the path is kept (requirement C-2). */
function pathOnly(url: string, remarks: Remarks): string {
  const cut = url.search(/[?#]/);
  const path = (cut < 0 ? url : url.slice(0, cut)).replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
  if (path.length < url.length) remarks.add('path_only', 'requestPath');
  return path === '' ? '/' : path;
}

function firstText(maps: readonly WireAttributes[], names: readonly string[]): [string, string] | null {
  for (const name of names)
    for (const map of maps) {
      const value = map.get(name);
      if (typeof value === 'string' && value !== '') return [name, value];
    }
  return null;
}

/** Ids that are not plain identifiers stay among the attributes, where they are scrubbed. */
function correlationOf(log: LogInput, used: Set<string>, remarks: Remarks): string {
  const members: string[] = [];
  for (const [target, names] of LOG_CORRELATION) {
    const found = firstText([log.attributes, log.resource], names);
    if (found === null) continue;
    if (found[1].length > 128 || !isPlainIdentifier(found[1])) {
      remarks.add('not_an_id', `correlation.${target}`);
      continue;
    }
    used.add(found[0]);
    members.push(`"${target}":"${found[1]}"`);
  }
  if (log.spanId !== '') members.push(`"span_id":"${log.spanId}"`);
  if (log.traceId !== '') members.push(`"trace_id":"${log.traceId}"`);
  return members.length === 0 ? '' : `"correlation":{${members.join(',')}},`;
}

function occurredAt(log: LogInput, now: number): string {
  const nano = [log.timeUnixNano, log.observedTimeUnixNano].find((t) => t > EARLIEST && t < LATEST);
  return nano === undefined ? toRfc3339(now) : fromUnixNano(nano).text;
}
