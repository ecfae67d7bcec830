import { canonicalize } from '../canonical/canonicalize.js';
import { parseStrict } from '../canonical/parse.js';
import { fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from '../hash/bytes.js';
import { HASH_SIZE } from '../hash/tree-hash.js';

/** A record of an export as its proof states it. */
export interface StatedRecord {
  /** Number in its block; 0 for one sealed by itself. */
  readonly slot: number;
  readonly hash: Uint8Array;
}

/** One line of `proofs/<stream>.ndjson` (docs/formats/export.md). */
export interface ProofLine {
  readonly leaf: number;
  readonly records: readonly StatedRecord[];
  /** Of a block: the leaf entry, and the hashes from the records to its root. */
  readonly block?: { readonly descriptor: Uint8Array; readonly path: Uint8Array };
  /** Whoever made the line says that its records are erased. The server does not: the erasure itself is proven. */
  readonly erased?: boolean;
}

/** Canonical JSON without a line break. */
export function formatProofLine({ leaf, records, block }: ProofLine): string {
  if (block === undefined) return canonicalize({ hash: toHex(records[0]?.hash ?? new Uint8Array()), leaf });
  return canonicalize({
    descriptor: parseStrict(fromUtf8(block.descriptor) ?? ''),
    leaf,
    path: toBase64(block.path),
    records: records.map(({ slot, hash }) => ({ hash: toHex(hash), slot })),
  });
}

type Members = { readonly [key: string]: unknown };
const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A hash that cannot be read is one that leads nowhere: the line's place is still good, and the hash of the record
 * itself may lead to the root.
 */
function readHash(value: unknown): Uint8Array {
  const hash = typeof value === 'string' ? fromHex(value) : null;
  return hash?.length === HASH_SIZE ? hash : new Uint8Array(HASH_SIZE);
}

/** The line in these bytes, or null when it is none. */
export function readProofLine(bytes: Uint8Array): ProofLine | null {
  try {
    const value: unknown = parseStrict(fromUtf8(bytes) ?? '');
    if (!isObject(value) || typeof value.leaf !== 'number') return null;
    const erased = value.erased === true ? { erased: true } : {};
    if (value.descriptor === undefined)
      return { leaf: value.leaf, records: [{ slot: 0, hash: readHash(value.hash) }], ...erased };
    const path = typeof value.path === 'string' ? fromBase64(value.path) : null;
    if (!isObject(value.descriptor) || path === null || !Array.isArray(value.records)) return null;
    const records = value.records.map((record: unknown): StatedRecord | null =>
      isObject(record) && typeof record.slot === 'number'
        ? { slot: record.slot, hash: readHash(record.hash) }
        : null,
    );
    if (!records.every((record) => record !== null)) return null;
    const block = { descriptor: utf8(canonicalize(value.descriptor)), path };
    return { leaf: value.leaf, records, block, ...erased };
  } catch {
    return null;
  }
}

/** Lines of a file, without their line breaks; views on the same bytes. */
export function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    lines.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    at = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}
