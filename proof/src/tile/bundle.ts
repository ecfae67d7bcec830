import { TILE_WIDTH } from './paths.js';

/** A bundle that is cut off, too long, or not what its width says. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
  readonly code = 'malformed_bundle';
}

/** Entries as `uint16 big-endian length ‖ bytes`, at most 256 of them (c2sp.org/tlog-tiles). */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const size = entries.reduce((sum, entry) => sum + entry.length + 2, 0);
  const out = new Uint8Array(size);
  let at = 0;
  for (const entry of entries) {
    if (entry.length > 0xffff) throw new BundleError('an entry is longer than 65,535 bytes');
    out[at] = entry.length >> 8;
    out[at + 1] = entry.length & 0xff;
    out.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return out;
}

/** @throws BundleError */
export function decodeBundle(bytes: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (at + 2 + length > bytes.length) throw new BundleError('a bundle is cut off');
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
    if (entries.length > TILE_WIDTH) throw new BundleError('a bundle holds more than 256 entries');
  }
  return entries;
}

/** Records of a block as `uint32 big-endian length ‖ bytes` (docs/formats/ledger.md). @throws BundleError */
export function decodeBlock(bytes: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; ) {
    const length = at + 4 <= bytes.length ? view.getUint32(at) : Number.POSITIVE_INFINITY;
    if (at + 4 + length > bytes.length) throw new BundleError('a block is cut off');
    records.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return records;
}
