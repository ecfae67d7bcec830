import { OTLP_LIMITS, type OtlpAttributes, type OtlpValue, tooDeep } from './model.js';
import { type Reader, WIRE } from './reader.js';

/** opentelemetry/proto/common/v1: AnyValue, ArrayValue, KeyValueList and KeyValue. */
const FIRST = 1 * 8 + WIRE.bytes;
const SECOND = 2 * 8 + WIRE.bytes;
const VALUE = {
  string: 1 * 8 + WIRE.bytes,
  bool: 2 * 8 + WIRE.varint,
  int: 3 * 8 + WIRE.varint,
  double: 4 * 8 + WIRE.fixed64,
  array: 5 * 8 + WIRE.bytes,
  map: 6 * 8 + WIRE.bytes,
  bytes: 7 * 8 + WIRE.bytes,
} as const;
const KNOWN_ONE = 0b10;
const KNOWN_TWO = 0b110;
const KNOWN_VALUE = 0b1111_1110;

/** A KeyValue put into `into`; of equal keys the last one counts (the specification leaves it open). */
export function readKeyValue(r: Reader, into: OtlpAttributes, depth: number): void {
  let key = '';
  let value: OtlpValue;
  r.value();
  const outer = r.enter();
  while (r.more()) {
    const tag = r.tag();
    if (tag === FIRST) key = r.string();
    else if (tag === SECOND) value = readValue(r, depth);
    else r.skip(tag, KNOWN_TWO);
  }
  r.leave(outer);
  into.set(key, value);
}

/** An AnyValue inside of `depth` lists and maps; of several members of its `oneof` the last one counts. */
export function readValue(r: Reader, depth: number): OtlpValue {
  if (depth > OTLP_LIMITS.depth) throw tooDeep();
  let value: OtlpValue;
  const outer = r.enter();
  while (r.more()) {
    const tag = r.tag();
    if (tag === VALUE.string) value = r.string();
    else if (tag === VALUE.int) value = r.int64();
    else if (tag === VALUE.bool) value = r.bool();
    else if (tag === VALUE.double) value = r.double();
    else if (tag === VALUE.array) value = readArray(r, depth + 1);
    else if (tag === VALUE.map) value = readMap(r, depth + 1);
    else if (tag === VALUE.bytes) value = r.bytes();
    else r.skip(tag, KNOWN_VALUE);
  }
  r.leave(outer);
  return value;
}

function readArray(r: Reader, depth: number): OtlpValue[] {
  const list: OtlpValue[] = [];
  r.composite();
  const outer = r.enter();
  while (r.more()) {
    const tag = r.tag();
    if (tag === FIRST) {
      r.value();
      list.push(readValue(r, depth));
    } else r.skip(tag, KNOWN_ONE);
  }
  r.leave(outer);
  return list;
}

function readMap(r: Reader, depth: number): OtlpAttributes {
  const map: OtlpAttributes = new Map();
  r.composite();
  const outer = r.enter();
  while (r.more()) {
    const tag = r.tag();
    if (tag === FIRST) readKeyValue(r, map, depth);
    else r.skip(tag, KNOWN_ONE);
  }
  r.leave(outer);
  return map;
}
