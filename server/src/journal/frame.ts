import { crc32 } from 'node:zlib';
import { mintJournaled } from '../event/mint/journaled.js';
import type { EntryKind, Guarded, Journaled, LogName } from '../event/stages.js';

/** Bytes before the body: checksum, length, synced position. docs/formats/journal.md. */
export const HEADER = 16;
/** A longer claim is damage: a block of a request's records stays far below. */
export const MAX_BODY = 72 * 1024 * 1024;

const KINDS: readonly EntryKind[] = ['record', 'block'];

/** Bytes the whole frame of an entry takes. */
export function frameSize(entry: Guarded): number {
  return HEADER + 22 + entry.log.length + entry.payload.length;
}

/** Writes the frame with checksum and `synced` left open for {@link finishFrame}; returns the offset after it. */
export function encodeFrame(into: Buffer, at: number, entry: Guarded): number {
  const size = frameSize(entry);
  into.writeUInt32LE(size - HEADER, at + 4);
  let o = at + HEADER;
  into[o++] = entry.kind === 'record' ? 1 : 2;
  into[o++] = entry.log.length;
  o += into.write(entry.log, o, 'latin1');
  into.set(entry.eventId, o);
  into.writeUInt32LE(entry.patch, o + 16);
  into.set(entry.payload, o + 20);
  return at + size;
}

/** Fills in `synced` and then the checksum over everything behind it. */
export function finishFrame(into: Buffer, at: number, synced: number): number {
  const end = at + HEADER + into.readUInt32LE(at + 4);
  into.writeBigUInt64LE(BigInt(synced), at + 8);
  into.writeUInt32LE(crc32(into.subarray(at + 4, end)), at);
  return end;
}

/** A frame that checked out, or why there is none at this offset. */
export type Frame =
  | { ok: true; entry: Journaled; synced: number; end: number }
  | { ok: false; short: boolean };

/**
 * Reads the frame at `at`. `position` is the journal position of that byte.
 * `short` tells a frame that is cut off by the end of the buffer from one that is damaged.
 */
export function decodeFrame(bytes: Buffer, at: number, position: number): Frame {
  if (bytes.length - at < HEADER) return { ok: false, short: true };
  const length = bytes.readUInt32LE(at + 4);
  if (length < 22 || length > MAX_BODY) return { ok: false, short: false };
  const end = at + HEADER + length;
  if (end > bytes.length) return { ok: false, short: true };
  if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32LE(at)) return { ok: false, short: false };
  const kind = KINDS[(bytes[at + HEADER] ?? 0) - 1];
  const nameLength = bytes[at + HEADER + 1] ?? 0;
  const o = at + HEADER + 2 + nameLength;
  if (kind === undefined || o + 20 > end) return { ok: false, short: false };
  const entry = mintJournaled({
    kind,
    log: bytes.toString('latin1', at + HEADER + 2, o) as LogName,
    eventId: bytes.subarray(o, o + 16),
    patch: bytes.readUInt32LE(o + 16),
    payload: bytes.subarray(o + 20, end),
    position,
    next: position + (end - at),
  });
  return { ok: true, entry, synced: Number(bytes.readBigUInt64LE(at + 8)), end };
}
