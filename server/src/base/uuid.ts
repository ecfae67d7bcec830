import { randomFillSync } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));

/** The 16 bytes of a UUID in any of its versions (RFC 9562), or null. */
export function parseUuid(text: string): Buffer | null {
  if (text.length !== 36 || !UUID.test(text)) return null;
  const bytes = Buffer.allocUnsafe(16);
  for (let i = 0, at = 0; i < 16; i++, at += 2) {
    if (text.charCodeAt(at) === DASH) at++;
    bytes[i] = (digit(text.charCodeAt(at)) << 4) | digit(text.charCodeAt(at + 1));
  }
  return bytes;
}

const DASH = 45;
/** `0`–`9`, `a`–`f` and `A`–`F`; the pattern let nothing else through. */
const digit = (c: number): number => (c & 15) + (c > 57 ? 9 : 0);

/** The usual 36 characters, lower case. */
export function formatUuid(b: Uint8Array): string {
  let out = '';
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) out += '-';
    out += HEX[b[i] ?? 0];
  }
  return out;
}

/** Sets version 7 and the variant; the first six bytes hold `ms`. */
function stamp(bytes: Buffer, ms: number): Buffer {
  bytes.writeUIntBE(Math.max(0, ms), 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes;
}

/** A UUIDv7 made from a time and someone else's identity, so that the same input always gives the same id. */
export function derivedUuid(ms: number, digest: Uint8Array): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.set(digest.subarray(0, 10), 6);
  return stamp(bytes, ms);
}

const pool = Buffer.alloc(16 * 256);
let used = pool.length;

function randomBytes16(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.from(pool.subarray(used, used + 16));
  used += 16;
  return bytes;
}

let lastMs = 0;
let counter = 0;

/**
 * A new UUIDv7 (RFC 9562 §6.2, method 1: a 12-bit counter behind the milliseconds), so ids made by one process
 * sort in the order they were made, also when the clock steps back.
 */
export function newUuid(ms: number): Buffer {
  if (ms > lastMs) {
    lastMs = ms;
    counter = 0;
  } else if (++counter > 0xfff) {
    lastMs += 1;
    counter = 0;
  }
  const bytes = randomBytes16();
  bytes.writeUInt16BE(counter, 6);
  return stamp(bytes, lastMs);
}
