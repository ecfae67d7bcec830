import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { parseRfc3339 } from '../../base/clock.js';
import { derivedUuid, formatUuid } from '../../base/uuid.js';
import type { Mapping, SourceDeclaration } from '../../pack/model.js';
import { Refused } from './refusal.js';

/** Follows a dotted path through own properties and array positions. */
function follow(value: unknown, path: string): unknown {
  let at: unknown = value;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** The value for one place of the envelope, or undefined to leave it out. */
function resolve(mapping: Mapping, record: unknown): string | number | undefined {
  if ('value' in mapping) return mapping.value;
  const value = translate(mapping, record);
  if (!mapping.number || value === undefined) return value;
  // A text that is no number stays one, and is refused by the schema of its field.
  return value.trim() === '' || Number.isNaN(Number(value)) ? value : Number(value);
}

function translate(mapping: Exclude<Mapping, { value: string }>, record: unknown): string | undefined {
  const found = mapping.from.map((path) => text(follow(record, path))).find((v) => v !== undefined);
  if (found === undefined) return mapping.default;
  if (mapping.values === undefined) return found;
  return Object.hasOwn(mapping.values, found)
    ? mapping.values[found]
    : (mapping.values['*'] ?? mapping.default);
}

/** Sets `a.b.c`; the keys come from a pack, never from the wire. */
function put(target: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.');
  let at = target;
  for (const key of keys.slice(0, -1)) {
    at[key] ??= {};
    at = at[key] as Record<string, unknown>;
  }
  at[keys.at(-1) ?? ''] = value;
}

/**
 * A foreign record as our envelope, as the pack's source declares it. Its id is derived from the foreign one
 * and its time, so the same record sent twice is one record.
 */
export function applySource(source: SourceDeclaration, record: unknown, tenant: string): unknown {
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    throw new Refused('not_an_object', '(item)', 'The item must be a JSON object.');
  const envelope: Record<string, unknown> = { metadata: { safe_fields_only: true } };
  for (const [target, mapping] of source.envelope) {
    const value = resolve(mapping, record);
    if (value === undefined || (target === 'actor.ip' && isIP(String(value)) === 0)) continue;
    put(envelope, target, value);
  }
  const id = text(follow(record, source.id));
  const at = parseRfc3339(String(envelope.occurred_at ?? ''));
  if (id !== undefined && at !== null) {
    const digest = createHash('sha256').update(`${tenant}\n${source.name}\n${id}`).digest();
    envelope.event_id = formatUuid(derivedUuid(at.ms, digest));
  }
  return envelope;
}
