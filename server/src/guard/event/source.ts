import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { parseRfc3339 } from '../../base/clock.js';
import { derivedUuid, formatUuid } from '../../base/uuid.js';
import type { Mapping, SourceDeclaration } from '../../pack/model.js';
import { Refused } from './refusal.js';

/** Follows a dotted path through own properties and array positions; a key may hold the dots itself. */
function follow(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, path)) return (value as Record<string, unknown>)[path];
  const dot = path.indexOf('.');
  if (dot < 0) return undefined;
  const key = path.slice(0, dot);
  return Object.hasOwn(value, key)
    ? follow((value as Record<string, unknown>)[key], path.slice(dot + 1))
    : undefined;
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** The value for one place of the envelope, or undefined to leave it out. */
function resolve(mapping: Mapping, record: unknown): string | number | undefined {
  if ('value' in mapping) return mapping.value;
  const value = translate(mapping, record);
  if (value === undefined) return undefined;
  if (mapping.epoch !== null) return fromEpoch(value, mapping.epoch);
  if (!mapping.number) return value;
  // A text that is no number stays one, and is refused by the schema of its field.
  return value.trim() === '' || Number.isNaN(Number(value)) ? value : scaled(Number(value), mapping.scale);
}

/** To 15 digits, which every double keeps: 0.29 times 100 is 29, and fits a field of whole numbers. */
const scaled = (value: number, by = 1): number => (by === 1 ? value : Number((value * by).toPrecision(15)));

/** Digits as RFC 3339; what is no such number stays, and is refused where it is no time either. */
function fromEpoch(text: string, unit: number): string {
  const ms = /^\d{1,15}$/.test(text) ? Number(text) * unit : Number.NaN;
  return ms <= LATEST ? new Date(ms).toISOString() : text;
}

/** The last moment that a Date can name (ECMA-262 §21.4.1.1). */
const LATEST = 8.64e15;

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
