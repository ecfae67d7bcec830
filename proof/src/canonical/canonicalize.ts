export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Why a value has no canonical form. */
export class CanonicalError extends Error {
  override readonly name = 'CanonicalError';
  readonly code: 'not_json' | 'lone_surrogate' | 'not_finite' | 'too_deep';
  constructor(code: CanonicalError['code']) {
    super(code);
    this.code = code;
  }
}

const MAX_DEPTH = 512;

function text(value: string): string {
  if (!value.isWellFormed()) throw new CanonicalError('lone_surrogate');
  return JSON.stringify(value);
}

function write(value: unknown, depth: number): string {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new CanonicalError('not_finite');
    return JSON.stringify(value);
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object') throw new CanonicalError('not_json');
  if (depth === 0) throw new CanonicalError('too_deep');
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth - 1)).join(',')}]`;
  let members = '';
  // Without a comparison of its own, `sort` is by UTF-16 code units.
  for (const key of Object.keys(value).sort())
    members += `${members === '' ? '' : ','}${text(key)}:${write((value as Record<string, unknown>)[key], depth - 1)}`;
  return `{${members}}`;
}

/**
 * The canonical form of a JSON value (RFC 8785): members sorted by UTF-16 code units, numbers and strings as
 * ECMAScript writes them, no white space.
 * @throws CanonicalError for what JSON cannot hold, half surrogates, and nesting beyond 512.
 */
export const canonicalize = (value: unknown): string => write(value, MAX_DEPTH);
