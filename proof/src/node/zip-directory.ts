import type { FileHandle } from 'node:fs/promises';

/** A zip that is none, or one that tries something. Says nothing about what is inside. */
export class ZipError extends Error {
  override readonly name = 'ZipError';
  readonly code = 'malformed_zip';
}

/** docs/formats/export.md, "Reading the zip". */
export const ZIP_LIMITS = { entries: 10_000, entryBytes: 2 ** 31 - 1, directoryBytes: 2 ** 24 };

export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Of the local header. */
  readonly offset: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const END_SIZE = 22;
const CENTRAL_SIZE = 46;
const MAX_COMMENT = 0xffff;
const ZIP64 = 0xffffffff;

/** Exactly `length` bytes. @throws ZipError when the file ends before. */
export async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw new ZipError('The zip is cut off.');
    done += bytesRead;
  }
  return bytes;
}

/** The entries as the central directory at the end of the file names them; directories are left out. @throws ZipError */
export async function readDirectory(file: FileHandle): Promise<ZipEntry[]> {
  const { size } = await file.stat();
  const tail = await readAt(
    file,
    Math.max(0, size - END_SIZE - MAX_COMMENT),
    Math.min(size, END_SIZE + MAX_COMMENT),
  );
  const end = findEnd(tail);
  const count = tail.readUInt16LE(end + 10);
  const length = tail.readUInt32LE(end + 12);
  const start = tail.readUInt32LE(end + 16);
  const endAt = size - tail.length + end;
  if (tail.readUInt16LE(end + 4) !== 0 || tail.readUInt16LE(end + 6) !== 0)
    throw new ZipError('The zip is split over several files.');
  if (
    count !== tail.readUInt16LE(end + 8) ||
    count > ZIP_LIMITS.entries ||
    length > ZIP_LIMITS.directoryBytes
  )
    throw new ZipError('The zip has too many entries.');
  if (start + length !== endAt) throw new ZipError('The directory of the zip is not where it should be.');
  const directory = await readAt(file, start, length);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const entry = readEntry(directory, at);
    entries.push(entry);
    at = entry.next;
  }
  if (at !== length) throw new ZipError('The directory of the zip holds more than it says.');
  const kept = entries.filter((entry) => !entry.name.endsWith('/') || entry.size > 0);
  checkNames(kept);
  checkOverlap(kept, start);
  return kept;
}

function findEnd(tail: Buffer): number {
  for (let at = tail.length - END_SIZE; at >= 0; at--)
    if (tail.readUInt32LE(at) === END && at + END_SIZE + tail.readUInt16LE(at + 20) === tail.length)
      return at;
  throw new ZipError('This is not a zip, or it is cut off.');
}

function readEntry(directory: Buffer, at: number): ZipEntry & { next: number } {
  if (at + CENTRAL_SIZE > directory.length || directory.readUInt32LE(at) !== CENTRAL)
    throw new ZipError('The directory of the zip cannot be read.');
  const nameLength = directory.readUInt16LE(at + 28);
  const next =
    at + CENTRAL_SIZE + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  if (next > directory.length) throw new ZipError('The directory of the zip cannot be read.');
  const method = directory.readUInt16LE(at + 10);
  const entry = {
    name: directory.toString('utf8', at + CENTRAL_SIZE, at + CENTRAL_SIZE + nameLength),
    crc: directory.readUInt32LE(at + 16),
    packed: directory.readUInt32LE(at + 20),
    size: directory.readUInt32LE(at + 24),
    offset: directory.readUInt32LE(at + 42),
  };
  if ((directory.readUInt16LE(at + 8) & 0x2041) !== 0) throw new ZipError('The zip is encrypted.');
  if (method !== 0 && method !== 8) throw new ZipError('An entry is packed in a way that is not read here.');
  if (entry.packed === ZIP64 || entry.size > ZIP_LIMITS.entryBytes)
    throw new ZipError('An entry of the zip is too large.');
  if (method === 0 && entry.packed !== entry.size)
    throw new ZipError('The sizes of an entry contradict each other.');
  return { ...entry, method: method === 0 ? 'stored' : 'deflated', next };
}

/** Nothing is written to disk here; but names are shown, and whoever unpacks by other means may be less careful. */
function checkNames(entries: readonly ZipEntry[]): void {
  const seen = new Set<string>();
  for (const { name } of entries) {
    const parts = name.split('/');
    if (/[\p{C}\\:\ufffd]/u.test(name) || parts.some((part) => part === '' || /^\.\.?$/.test(part)))
      throw new ZipError('The zip holds a name that leads elsewhere.');
    // File systems that know no upper case would take two such names for one file.
    if (seen.has(name.toLowerCase())) throw new ZipError('A name stands twice in the zip.');
    seen.add(name.toLowerCase());
  }
}

/** Entries that share bytes make small files unpack to huge ones. */
function checkOverlap(entries: readonly ZipEntry[], directory: number): void {
  let free = 0;
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (entry.offset < free) throw new ZipError('Entries of the zip overlap.');
    free = entry.offset + 30 + Buffer.byteLength(entry.name) + entry.packed;
  }
  if (free > directory) throw new ZipError('Entries of the zip overlap.');
}
