import { isUtf8 } from 'node:buffer';
import { JsonError } from '@prooflog/proof';
import { type ErrorCode, Failure, type Rejection } from '../../base/errors.js';
import type { Received } from '../../event/stages.js';
import { LIMITS } from '../http/limits.js';
import { readStrict } from '../json/read.js';
import { bounds, type Slice, splitArray, splitLines, wholeSlice } from '../json/scan.js';

export interface Decoded {
  readonly items: Received[];
  readonly refused: (Rejection & { index: number })[];
  /** The body was one object, not a list. */
  readonly single: boolean;
}

const BRACE = 123;
const BRACKET = 91;

function parseItem(bytes: Buffer, slice: Slice): unknown {
  if (slice.depth > LIMITS.depth)
    throw new Failure('too_deep', `Objects and arrays may be nested at most ${LIMITS.depth} deep.`, {
      field: '(item)',
    });
  return readStrict(bytes, slice, { maxDepth: LIMITS.depth });
}

/** A key may be data: only what looks like a name is repeated. */
function pointerField(pointer: string): string {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => (/^(?:[A-Za-z_][\w-]{0,63}|\d{1,9})$/.test(key) ? key : '(undeclared)'));
  return keys.length === 0 ? '(item)' : keys.join('.');
}

function refusal(error: unknown): Rejection {
  if (error instanceof Failure) return { code: error.code, field: error.field, message: error.message };
  if (!(error instanceof JsonError)) throw error;
  const code: ErrorCode = error.code;
  return {
    code,
    field: pointerField(error.pointer),
    message: `The item is not acceptable JSON: ${code} at offset ${error.offset} of the item.`,
  };
}

/**
 * Cuts a body (an object, an array, or newline-delimited objects) into items. An item that cannot be read is
 * refused by itself; the others go on.
 * @throws Failure `malformed_json` when not even the items can be told apart, `not_utf8`, `empty_body`,
 * `body_too_large`.
 */
export function decodeEvents(bytes: Buffer, contentType: string): Decoded {
  if (!isUtf8(bytes)) throw new Failure('not_utf8', 'The body is not UTF-8.');
  const [from, to] = bounds(bytes);
  if (from === to) throw new Failure('empty_body', 'The body is empty.');
  const lines =
    contentType.includes('ndjson') || contentType.includes('jsonl') || contentType.includes('json-seq');
  const { slices, single } = cut(bytes, from, to, lines);
  const items: Received[] = [];
  const refused: Decoded['refused'] = [];
  for (const [index, slice] of slices.entries()) {
    try {
      items.push({ index, value: parseItem(bytes, slice) });
    } catch (error) {
      refused.push({ index, ...refusal(error) });
    }
  }
  return { items, refused, single };
}

function cut(bytes: Buffer, from: number, to: number, lines: boolean): { slices: Slice[]; single: boolean } {
  if (bytes[from] === BRACKET && !lines) {
    const slices = splitArray(bytes, from, to);
    if (slices === null)
      throw new Failure('malformed_json', 'The array does not close: a bracket or quote is missing.');
    return { slices, single: false };
  }
  if (!lines && bytes[from] !== BRACE)
    throw new Failure(
      'malformed_json',
      'The body must be a JSON object, an array of them, or one object a line.',
    );
  const slices = splitLines(bytes, from, to);
  if (lines || slices.length === 1) return { slices, single: !lines };
  // Several lines may also be one pretty-printed object.
  const whole = wholeSlice(bytes, from, to);
  const first = slices[0];
  const oneObject = whole !== null && first !== undefined && !closes(bytes, first);
  return oneObject && whole !== null ? { slices: [whole], single: true } : { slices, single: false };
}

/** Whether the first line is complete by itself. */
function closes(bytes: Buffer, slice: Slice): boolean {
  try {
    JSON.parse(bytes.toString('utf8', slice.start, slice.end));
    return true;
  } catch {
    return false;
  }
}
