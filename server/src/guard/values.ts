import { type Meaning, ruleOf } from './detect/declared.js';
import { Keys } from './keys.js';
import type { Remarks } from './remarks.js';

const MAX_DEPTH = 16;
/** The least number of eleven digits: shorter ones are ids of persons only where their key says so. */
const SHORTEST_ID = 1e10;

/**
 * A number may be a card number too. A whole one that no double keeps exactly becomes text: I-JSON, in which
 * records are kept and verified, has no such number (RFC 7493 §2.2).
 */
function scrubNumber(value: number, path: string, remarks: Remarks): number | string {
  if (!Number.isInteger(value) || Math.abs(value) < SHORTEST_ID || Math.abs(value) >= 1e21) return value;
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

const keys = new Keys();

export function scrubEntries(
  entries: Iterable<[string, unknown]>,
  path: string,
  remarks: Remarks,
  depth = 0,
): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [rawKey, value] of entries) {
    const { key, plain, denied, meaning } = keys.of(rawKey, path, remarks);
    const place = plain ? `${path}.${key}` : path;
    if (denied === 'always' || (denied === 'text' && typeof value !== 'number')) {
      remarks.add('denied_key', place);
      out[key] = '[denied]';
    } else
      out[key] =
        meaning === null
          ? scrubValue(value, place, remarks, depth + 1)
          : scrubDeclared(meaning, value, place, remarks, depth + 1);
  }
  return out;
}

/** A value whose key says what it is: taken out if it can be that, scrubbed like any other if not. */
function scrubDeclared(
  meaning: Meaning,
  value: unknown,
  path: string,
  remarks: Remarks,
  depth: number,
): unknown {
  if (Array.isArray(value) && depth < MAX_DEPTH)
    return value.map((item) => scrubDeclared(meaning, item, path, remarks, depth + 1));
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint')
    return scrubValue(value, path, remarks, depth);
  const rule = ruleOf(meaning, String(value).trim(), '', 0);
  if (rule === null) return scrubValue(value, path, remarks, depth);
  remarks.add(rule, path);
  return `[${rule}]`;
}
