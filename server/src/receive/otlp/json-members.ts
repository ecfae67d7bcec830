import { OtlpDecodeError } from './model.js';

/** Readers of single members in the proto3 JSON mapping; null counts as absent everywhere. */

export const notOtlp = (): OtlpDecodeError =>
  new OtlpDecodeError('malformed_json', 'The JSON is not an OTLP logs request.');

/** An object of the request. Only members asked for by name are looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

const NOTHING: JsonObject = Object.freeze(Object.create(null));
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

/** A member the object itself has: nothing inherited, nothing that is null. */
export function own(object: JsonObject, name: string): unknown {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return value === null ? undefined : value;
}

export function asObject(value: unknown): JsonObject {
  if (value === undefined || value === null) return NOTHING;
  if (typeof value !== 'object' || Array.isArray(value)) throw notOtlp();
  return value as JsonObject;
}

export function asList(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw notOtlp();
  return value;
}

export function asText(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw notOtlp();
  return value;
}

export function asBool(value: unknown): boolean {
  if (typeof value !== 'boolean') throw notOtlp();
  return value;
}

/** fixed64: a decimal string or a number. */
export function asUint64(value: unknown): bigint {
  if (value === undefined || value === '') return 0n;
  const integer = asBigint(value);
  if (integer < 0n || integer > MAX_UINT64) throw notOtlp();
  return integer;
}

function asBigint(value: unknown): bigint {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw notOtlp();
}

/** A whole number in any notation; the parser hands over as text what no double keeps. */
const WHOLE = /^-?\d{1,309}(?:\.0{1,400})?(?:[eE]\+?\d{1,3})?$/;

/**
 * int64: a number where that is exact, else a bigint. The JavaScript SDK sends every whole number as intValue,
 * 1e300 too: what lies beyond int64 is the double it was.
 */
export function asInt64(value: unknown): number | bigint {
  if (typeof value === 'number' && Number.isInteger(value)) return value === 0 ? 0 : value;
  if (typeof value !== 'string' || !WHOLE.test(value)) throw notOtlp();
  const double = Number(value);
  if (Number.isSafeInteger(double)) return double;
  if (!Number.isInteger(double)) throw notOtlp();
  if (!/^-?\d+$/.test(value)) return double;
  const integer = BigInt(value);
  return integer > MAX_INT64 || integer < -MAX_INT64 - 1n ? double : integer;
}

/** uint32, int32 and enums, which OTLP/JSON sends as numbers only; digits in a string are tolerated. */
export function asInt32(value: unknown): number {
  if (value === undefined) return 0;
  const number = Number(asBigint(value));
  if (number < -(2 ** 31) || number >= 2 ** 32) throw notOtlp();
  return number;
}

/** A number, its decimal string, or one of the names JSON has no number for. */
export function asDouble(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity') return Number.POSITIVE_INFINITY;
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY;
  if (typeof value === 'string' && /^-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,4})?$/.test(value))
    return Number(value);
  throw notOtlp();
}

/** Base64 in the standard or the URL alphabet, padded or not. */
export function asBytes(value: unknown): Uint8Array {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) throw notOtlp();
  return new Uint8Array(Buffer.from(value, 'base64'));
}

/** Hex digits in lower case; OTLP/JSON takes both cases. What is not hex is no id. */
export function asHex(value: unknown): string {
  const text = asText(value);
  return /^[0-9a-fA-F]*$/.test(text) ? text.toLowerCase() : '';
}
