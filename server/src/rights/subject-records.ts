import type { SealedPlace } from '../vault/seal.js';
import type { Vault } from '../vault/vault.js';

type Json = { readonly [key: string]: unknown };

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The record with the values opened that were sealed for its subject; what does not open any more stays as it
 * stands. Only `metadata.details` holds sealed values.
 */
export function withOpenedValues(vault: Vault, tenant: string, subject: string, record: Json): Json {
  const { metadata, event_id } = record;
  if (!isObject(metadata) || !isObject(metadata.details)) return record;
  const details = Object.fromEntries(
    Object.entries(metadata.details).map(([name, value]) => {
      const place = { tenant, subject, eventId: String(event_id), path: `metadata.details.${name}` };
      return [name, opened(vault, place, value)];
    }),
  );
  return { ...record, metadata: { ...metadata, details } };
}

function opened(vault: Vault, place: SealedPlace, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = vault.open(place, value);
  return text === null ? value : JSON.parse(text);
}
