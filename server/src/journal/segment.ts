import { join } from 'node:path';
import type { Disk } from '../base/disk.js';
import { Failure } from '../base/errors.js';
import type { Journaled } from '../event/stages.js';
import { decodeFrame, HEADER } from './frame.js';

const NAME = /^(\d{16})\.(journal|ids)$/;

export const segmentPath = (dir: string, base: number): string =>
  join(dir, `${String(base).padStart(16, '0')}.journal`);
export const idsPath = (dir: string, base: number): string =>
  join(dir, `${String(base).padStart(16, '0')}.ids`);

/** First positions of the files of one kind, in order. */
export async function listBases(disk: Disk, dir: string, kind: 'journal' | 'ids'): Promise<number[]> {
  return (await disk.list(dir))
    .map((name) => NAME.exec(name))
    .filter((m) => m !== null && m[2] === kind)
    .map((m) => Number(m?.[1]))
    .sort((a, b) => a - b);
}

/** Reads a whole segment file; at most 64 MiB plus one group. */
export async function readSegment(disk: Disk, dir: string, base: number): Promise<Buffer> {
  const bytes = await disk.readFile(segmentPath(dir, base));
  if (bytes === null) throw new Failure('journal_corrupt', `${segmentPath(dir, base)} is missing.`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Calls `each` for the frames from the start on; returns the offset where the first bad frame begins. */
export function walkFrames(bytes: Buffer, base: number, each: (entry: Journaled) => void): number {
  let at = 0;
  while (at < bytes.length) {
    const frame = decodeFrame(bytes, at, base + at);
    if (!frame.ok) return at;
    each(frame.entry);
    at = frame.end;
  }
  return at;
}

/**
 * Whether bytes at `at` had once been on disk for certain: some later valid frame was written when everything
 * up to beyond `at` was already synced. Frames may begin anywhere behind the damage, so every offset is tried;
 * the cheap tests on length and `synced` come before the checksum.
 */
export function wasSynced(bytes: Buffer, base: number, at: number): boolean {
  for (let o = at + 1; o + HEADER <= bytes.length; o++) {
    const synced = bytes.readUInt32LE(o + 8) + bytes.readUInt32LE(o + 12) * 2 ** 32;
    if (synced <= base + at || synced > base + o) continue;
    const frame = decodeFrame(bytes, o, base + o);
    if (frame.ok) return true;
  }
  return false;
}
