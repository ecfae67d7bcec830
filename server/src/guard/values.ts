import { isPlainIdentifier } from './reduce.js';
import type { Remarks } from './remarks.js';

/** Attribute names whose values are secret or personal by their very purpose (requirement C-2). */
const DENIED =
  /(?:^|[._-])(?:passw(?:or)?d|passphrase|pwd|secret|token|authorization|cookie|set-cookie|api[_-]?key|apikey|private[_-]?key|credentials?|ssn|card[_-]?number|cvv|cvc|iban|body|payload|query_?string|query)s?$|password|secret|(?:access|auth|refresh|id|session)_?token/i;

export const isDeniedKey = (key: string): boolean => DENIED.test(key);

const MAX_DEPTH = 16;

/**
 * A number may be a card number too. A whole one that no double keeps exactly becomes text: I-JSON, in which
 * records are kept and verified, has no such number (RFC 7493 §2.2).
 */
function scrubNumber(value: number, path: string, remarks: Remarks): number | string {
  if (!Number.isInteger(value) || Math.abs(value) < 1e11 || Math.abs(value) >= 1e21) return value;
  if (!Number.isSafeInteger(value)) return remarks.scrub(String(value), path);
  const digits = String(Math.abs(value));
  const scrubbed = remarks.scrub(digits, path);
  return scrubbed === digits ? value : scrubbed;
}

/**
 * A JSON-like value with everything personal replaced, keys included. Maps become null-prototype objects, so
 * that no key from outside can reach a prototype.
 */
export function scrubValue(value: unknown, path: string, remarks: Remarks, depth = 0): unknown {
  if (typeof value === 'string') return remarks.scrub(value.toWellFormed(), path);
  if (typeof value === 'number')
    return Number.isFinite(value) ? scrubNumber(value, path, remarks) : String(value);
  if (typeof value === 'bigint') return remarks.scrub(String(value), path);
  if (typeof value === 'boolean' || value === null) return value;
  if (value === undefined) return null;
  if (value instanceof Uint8Array) return scrubBytes(value, path, remarks);
  if (depth >= MAX_DEPTH) {
    remarks.add('too_deep', path);
    return '[too_deep]';
  }
  if (Array.isArray(value)) return value.map((item) => scrubValue(item, path, remarks, depth + 1));
  const entries = value instanceof Map ? value.entries() : Object.entries(value);
  return scrubEntries(entries, path, remarks, depth);
}

/** Bytes are personal data in disguise as often as not: only those that are clean text are kept. */
function scrubBytes(bytes: Uint8Array, path: string, remarks: Remarks): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  if (!text.includes('\ufffd')) return remarks.scrub(text, path);
  remarks.add('bytes', path);
  return `[${bytes.length} bytes]`;
}

export function scrubEntries(
  entries: Iterable<[string, unknown]>,
  path: string,
  remarks: Remarks,
  depth = 0,
): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [rawKey, value] of entries) {
    const key = scrubKey(rawKey, path, remarks);
    const place = isPlainIdentifier(key) ? `${path}.${key}` : path;
    if (isDeniedKey(key)) {
      remarks.add('denied_key', place);
      out[key] = '[denied]';
    } else out[key] = scrubValue(value, place, remarks, depth + 1);
  }
  return out;
}

function scrubKey(key: string, path: string, remarks: Remarks): string {
  return remarks.scrub(key.toWellFormed().slice(0, 256), `${path} (key)`);
}
