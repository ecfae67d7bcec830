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
  const at = { tenant, subject, eventId: String(event_id) };
  const open = (path: string, value: unknown): unknown => {
    if (typeof value === 'string') return opened(vault, { ...at, path }, value);
    // The items of a list share its path, as they did when they were sealed.
    if (Array.isArray(value)) return value.map((item) => open(path, item));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, open(`${path}.${name}`, v)]));
  };
  return { ...record, metadata: { ...metadata, details: open('metadata.details', metadata.details) } };
}

function opened(vault: Vault, place: SealedPlace, value: string): unknown {
  const text = vault.open(place, value);
  return text === null ? value : JSON.parse(text);
}
