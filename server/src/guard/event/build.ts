import { parseRfc3339, toRfc3339 } from '../../base/clock.js';
import { formatUuid, newUuid, parseUuid } from '../../base/uuid.js';
import { mintGuarded } from '../../event/mint/guarded.js';
import type { Guarded, Sender } from '../../event/stages.js';
import type { EventDeclaration } from '../../pack/model.js';
import type { Countries } from '../countries.js';
import type { People, Secrets } from '../people.js';
import { bareAddress, isPlainIdentifier, normaliseUserAgent, truncateIp } from '../reduce.js';
import { Remarks } from '../remarks.js';
import { Details } from './details.js';
import { Refused } from './refusal.js';
import { CORRELATION, type Envelope } from './schema.js';

/** A ledger bundle holds entries of at most 2^16 - 1 bytes (c2sp.org/tlog-tiles). */
const MAX_RECORD = 65_535;
const OLDEST = Date.UTC(1970, 0, 1);
const DAY = 86_400_000;
const NO_HASH = '0'.repeat(64);
const quote = JSON.stringify;

/** Builds the canonical bytes of one validated event, member by member in the order of RFC 8785. */
export class EventBuilder {
  readonly #vault: Secrets;
  readonly #people: People;
  readonly #countries: Countries;

  constructor(vault: Secrets, people: People, countries: Countries) {
    this.#vault = vault;
    this.#people = people;
    this.#countries = countries;
  }

  /** @throws Refused for what the schema cannot express. */
  build(e: Envelope, d: EventDeclaration, sender: Sender, now: number): Guarded {
    const tenant = sender.tenant.id;
    const remarks = new Remarks();
    const occurred = occurredAt(e.occurred_at, now);
    const eventId = idOf(e, now);

    // The order of evaluation does not matter, the order of the text does.
    const { json: actor, subject } = this.#actor(e.actor, tenant, remarks);
    const entity = this.#entity(e.entity, d, tenant, remarks);
    const correlation = correctsJson(e) + correlationJson(e);
    const id = formatUuid(eventId);
    const person = this.#people.of({ tenant, subject, eventId: id, eventType: d.eventType });
    if (d.consent !== null && !person.consents(d.consent))
      throw new Refused(
        'no_consent',
        'actor',
        `This event needs the consent of the person for ${d.consent}.`,
      );
    const details = e.metadata?.details ?? null;
    const kept = details === null ? '' : `"details":${new Details(person, remarks, details).json(d.fields)},`;
    const metadata = `{${kept}"safe_fields_only":true}`;
    const reason = text(e.reason) ? `"reason":${quote(remarks.scrub(text(e.reason), 'reason'))},` : '';

    const head =
      `{"action":"${d.action}","actor":${actor},${correlation}"entity":${entity},"event_id":"${id}",` +
      `"event_type":"${d.eventType}","event_version":${d.version},${remarks.json}"integrity":{"prev_hash":"`;
    const tail =
      `"},"metadata":${metadata},"occurred_at":"${occurred}",${reason}"recorded_at":"${toRfc3339(now)}",` +
      `"result":"${e.result}","stream":"${d.stream}","tenant":{"id":"${tenant}","slug":"${sender.tenant.slug}"}}`;
    const payload = Buffer.from(head + NO_HASH + tail);
    if (payload.length > MAX_RECORD)
      throw new Refused(
        'record_too_large',
        '(item)',
        `The record takes ${payload.length} bytes; at most ${MAX_RECORD} are possible.`,
      );
    const patch = head.length === payload.length - 64 - tail.length ? head.length : Buffer.byteLength(head);
    return mintGuarded({ kind: 'record', log: `${tenant}/${d.stream}`, eventId, patch, payload });
  }

  /** `subject` is the pseudonym of the person who acted; null when it was no person. */
  #actor(a: Envelope['actor'], tenant: string, remarks: Remarks): { json: string; subject: string | null } {
    // Services and systems are no persons, but a person's address in their id would be one.
    const keep = a.type !== 'user' && isPlainIdentifier(a.id);
    const id = keep ? a.id : this.#vault.pseudonym(tenant, a.id);
    if (!keep) remarks.add('pseudonym', 'actor.id');
    const ip = text(a.ip);
    const ipJson = ip === '' ? '' : `,"ip":"${network(ip, remarks)}"`;
    const country = ip === '' ? null : this.#countries.of(bareAddress(ip));
    let out = `{${country === null ? '' : `"country":"${country}",`}"id":${quote(id)}${ipJson}`;
    if (text(a.role)) out += `,"role":${quote(remarks.scrub(text(a.role), 'actor.role'))}`;
    out += `,"type":"${a.type}"`;
    if (text(a.user_agent)) {
      const agent = normaliseUserAgent(text(a.user_agent));
      if (agent !== a.user_agent) remarks.add('normalise', 'actor.user_agent');
      out += `,"user_agent":${quote(agent)}`;
    }
    return { json: `${out}}`, subject: a.type === 'user' ? id : null };
  }

  #entity(entity: Envelope['entity'], d: EventDeclaration, tenant: string, remarks: Remarks): string {
    if (!d.entityTypes.includes(entity.type))
      throw new Refused(
        'bad_value',
        'entity.type',
        `entity.type must be one of ${d.entityTypes.join(', ')}.`,
      );
    const plain = !d.people.includes(entity.type) && isPlainIdentifier(entity.id);
    if (!plain) remarks.add('pseudonym', 'entity.id');
    const id = plain ? entity.id : this.#vault.pseudonym(tenant, entity.id);
    const version = entity.version ?? undefined;
    const shown = typeof version === 'string' ? quote(remarks.scrub(version, 'entity.version')) : version;
    return `{"id":${quote(id)},"type":"${entity.type}"${shown === undefined || shown === '""' ? '' : `,"version":${shown}`}}`;
  }
}

const text = (value: string | null | undefined): string => value ?? '';

function idOf(e: Envelope, now: number): Uint8Array {
  if (!text(e.event_id)) return newUuid(now);
  const id = parseUuid(text(e.event_id));
  if (id === null)
    throw new Refused('bad_format', 'event_id', 'event_id must be a UUID (version 7 is best).');
  return id;
}

function occurredAt(given: string, now: number): string {
  const at = parseRfc3339(given);
  if (at === null)
    throw new Refused(
      'bad_format',
      'occurred_at',
      'occurred_at must be an RFC 3339 time with an offset, as in 2026-01-31T12:00:00Z.',
    );
  if (at.ms < OLDEST || at.ms > now + DAY)
    throw new Refused(
      'timestamp_out_of_range',
      'occurred_at',
      'occurred_at must lie between 1970 and one day from now.',
    );
  return at.text;
}

function network(ip: string, remarks: Remarks): string {
  const truncated = truncateIp(ip);
  if (truncated === null)
    throw new Refused('bad_format', 'actor.ip', 'actor.ip must be an IPv4 or IPv6 address.');
  if (truncated !== ip) remarks.add('truncate_ip', 'actor.ip');
  return truncated;
}

/** A correction is an event of its own that names the one it corrects; nothing is ever updated. */
function correctsJson(e: Envelope): string {
  if (!text(e.corrects)) return '';
  const id = parseUuid(text(e.corrects));
  if (id === null)
    throw new Refused('bad_format', 'corrects', 'corrects must be the event_id (a UUID) of a record.');
  return `"corrects":"${formatUuid(id)}",`;
}

/** 128 random bits in hex: no detector has anything to find there. */
const HEX_TRACE = /^[0-9a-f]{32}$/;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

function correlationJson(e: Envelope): string {
  const given = e.correlation;
  if (given === null || given === undefined) return '';
  const whole = TRACEPARENT.exec(text(given.trace_id));
  const ids =
    whole === null ? given : { ...given, trace_id: whole[1], span_id: text(given.span_id) || whole[2] };
  const members: string[] = [];
  for (const name of CORRELATION) {
    const id = text(ids[name]);
    if (id === '') continue;
    if (!HEX_TRACE.test(id) && (id.length > 128 || !isPlainIdentifier(id)))
      throw new Refused(
        'bad_format',
        `correlation.${name}`,
        `correlation.${name} must be an id of at most 128 characters, without personal data.`,
      );
    members.push(`"${name}":"${id}"`);
  }
  return members.length === 0 ? '' : `"correlation":{${members.join(',')}},`;
}
