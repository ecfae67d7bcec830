import { sha256 } from '#sha256';

export const HASH_SIZE = 32;

/** Hash of a tree without leaves: SHA-256 of nothing (RFC 6962 §2.1). */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array());

let scratch = new Uint8Array(4096);

/** `SHA-256(0x00 ‖ entry)`, RFC 6962 §2.1. */
export function leafHash(entry: Uint8Array): Uint8Array {
  if (entry.length >= scratch.length) scratch = new Uint8Array(entry.length * 2);
  scratch[0] = 0;
  scratch.set(entry, 1);
  return sha256(scratch.subarray(0, entry.length + 1));
}

const pair = new Uint8Array(65);
pair[0] = 1;

/** `SHA-256(0x01 ‖ left ‖ right)`, RFC 6962 §2.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  pair.set(left, 1);
  pair.set(right, 33);
  return sha256(pair);
}

export { sha256 };
