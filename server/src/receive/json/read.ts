import { type JsonOptions, parseStrict } from '@prooflog/proof';
import type { Slice } from './scan.js';

/** Members of all objects in a value: fewer than colons in its text means that a key stood twice. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + countMembers(item), 0);
  let sum = 0;
  for (const member of Object.values(value)) sum += 1 + countMembers(member);
  return sum;
}

/**
 * Strict JSON at the speed of `JSON.parse`: the pass that cut the body into items already counted what
 * `JSON.parse` would let pass (duplicate keys, numbers beyond 2^53, half surrogates), and only a text that
 * looks suspicious is read again by the strict parser, which also names the place.
 * @throws JsonError
 */
export function readStrict(
  bytes: Buffer,
  slice: Slice,
  options: JsonOptions & { readonly maxDepth: number },
): unknown {
  const text = bytes.toString('utf8', slice.start, slice.end);
  if (slice.depth > options.maxDepth || slice.suspiciousNumber || slice.surrogates)
    return parseStrict(text, options);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return parseStrict(text, options);
  }
  return countMembers(value) === slice.members ? value : parseStrict(text, options);
}
