import { strict as assert } from 'node:assert';
import { canonicalize } from '@prooflog/proof';
import type { StoredRecord } from '../../src/api/contract.js';
import type { EventDeclaration, Pack, Sample } from '../../src/pack/model.js';
import { checkFields, checkLeaf, checkScrubbed, type World } from './kept.js';

/** An event as it was sent, in our envelope. */
export interface Sent {
  readonly event_type?: string;
  readonly action?: string;
  readonly event_version?: number;
  readonly reason?: string;
  readonly result: string;
  readonly corrects?: string;
  readonly actor: { type: string; id: string; role?: string; ip?: string };
  readonly entity: { type: string; id: string; version?: string | number };
  readonly correlation?: { readonly [id: string]: string };
  readonly metadata?: { readonly details?: { readonly [field: string]: unknown } };
}

type Json = { readonly [key: string]: unknown };
const json = (value: unknown): Json => (value ?? {}) as Json;

/** The declaration an event goes by. */
export function declarationOf(pack: Pack, sent: Sent): EventDeclaration {
  const named = pack.events.filter(
    (e) =>
      (sent.event_type === undefined || e.eventType === sent.event_type) &&
      (sent.action === undefined ? e.named : e.action === sent.action),
  );
  const version = sent.event_version ?? Math.max(...named.map((e) => e.version));
  const found = named.find((e) => e.version === version);
  assert(found !== undefined, 'the pack declares no such event');
  return found;
}

/** Throws where a record is not what was sent, by its declaration. */
export function checkRecord(sent: Sent, record: StoredRecord, by: EventDeclaration, world: World): void {
  const kept = json(record);
  assert.equal(record.event_type, by.eventType);
  assert.equal(record.action, by.action);
  assert.equal(record.event_version, by.version);
  assert.equal(record.stream, by.stream);
  assert.equal(record.result, sent.result);
  assert.equal(record.corrects, sent.corrects);
  assert.deepEqual(kept.correlation, sent.correlation);
  if (sent.reason !== undefined) checkScrubbed(sent.reason, record.reason, world);
  checkActor(sent.actor, json(kept.actor), world);
  const entity = json(kept.entity);
  assert.equal(entity.type, sent.entity.type);
  assert.equal(entity.version, sent.entity.version);
  if (by.people.includes(sent.entity.type) || sent.entity.id.includes('@')) {
    world.secrets.add(sent.entity.id);
    world.people.check(sent.entity.id, entity.id);
  } else assert.equal(entity.id, sent.entity.id);
  checkFields(by.fields, sent.metadata?.details ?? {}, json(json(kept.metadata).details), world);
}

function checkActor(sent: Sent['actor'], kept: Json, world: World): void {
  assert.equal(kept.type, sent.type);
  assert.equal(kept.role, sent.role);
  if (sent.type === 'user') {
    world.secrets.add(sent.id);
    world.people.check(sent.id, kept.id);
  } else if (!sent.id.includes('@')) assert.equal(kept.id, sent.id);
  if (sent.ip === undefined) return;
  checkLeaf({ kind: 'truncate' }, sent.ip, kept.ip, world);
  if (kept.ip !== sent.ip) world.secrets.add(sent.ip);
}

/** Where a record stands that came as this log line: several may have come at once, from different services. */
export const isLogOf = ({ log }: Sample, at: string, record: StoredRecord): boolean =>
  Date.parse(record.occurred_at) === Date.parse(at) &&
  json(json(record).data).serviceName === log?.service &&
  json(json(record).data).level === log?.level;

/** Throws where a log record is not what was sent, by the fields that the pack declares. */
export function checkLog({ log }: Sample, record: StoredRecord, pack: Pack, world: World): void {
  const data = json(json(record).data);
  const attributes = json(log?.attributes);
  assert.equal(data.level, log?.level);
  checkScrubbed(log?.message ?? '', data.message, world);
  const user = attributes['user.id'] ?? attributes.userId;
  if (user !== undefined) {
    world.secrets.add(String(user));
    world.people.check(String(user), data.userId);
  }
  for (const field of pack.logs?.fields ?? []) {
    const name = field.from.find((from) => Object.hasOwn(attributes, from));
    if (name === undefined) continue;
    const value = attributes[name];
    const sent = field.type === 'string' && typeof value !== 'string' ? canonicalize(value) : value;
    checkLeaf(field.strategy, sent, data[field.name], world);
  }
}
