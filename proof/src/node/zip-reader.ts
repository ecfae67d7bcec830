import { type FileHandle, open } from 'node:fs/promises';
import { crc32, inflateRawSync } from 'node:zlib';
import type { ExportFiles } from '../verify/export/index.js';
import { readAt, readDirectory, type ZipEntry, ZipError } from './zip-directory.js';

const LOCAL = 0x04034b50;
const LOCAL_SIZE = 30;

/** The bytes of one entry. @throws ZipError when headers, sizes or checksum do not hold. */
async function readEntry(file: FileHandle, entry: ZipEntry): Promise<Uint8Array> {
  const header = await readAt(file, entry.offset, LOCAL_SIZE);
  const nameLength = header.readUInt16LE(26);
  const name = await readAt(file, entry.offset + LOCAL_SIZE, nameLength);
  // Tools that read from the front would see another name.
  if (header.readUInt32LE(0) !== LOCAL || name.toString('utf8') !== entry.name)
    throw new ZipError('An entry is not what the directory says.');
  const start = entry.offset + LOCAL_SIZE + nameLength + header.readUInt16LE(28);
  const packed = await readAt(file, start, entry.packed);
  const bytes = entry.method === 'stored' ? packed : inflate(packed, entry.size);
  if (bytes.length !== entry.size || crc32(bytes) !== entry.crc)
    throw new ZipError('The checksum of an entry does not hold.');
  return bytes;
}

/** Never more than the size that was said, which is limited. */
function inflate(packed: Buffer, size: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
  } catch (cause) {
    throw new ZipError('An entry cannot be unpacked to the size it says.', { cause });
  }
}

/**
 * The files inside a zip; each is unpacked when it is read.
 * @throws ZipError when it is no zip that may be read, and `read` when an entry is not what it should be.
 */
export async function openZip(path: string): Promise<ExportFiles & { close(): Promise<void> }> {
  const file = await open(path, 'r');
  try {
    const entries = new Map((await readDirectory(file)).map((entry) => [entry.name, entry]));
    return {
      names: [...entries.keys()],
      async read(name) {
        const entry = entries.get(name);
        if (entry === undefined) throw new ZipError('There is no such entry.');
        return readEntry(file, entry);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Whether a file begins like a zip (also an empty one). */
export async function looksLikeZip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && [LOCAL, 0x06054b50].includes(buffer.readUInt32LE(0));
  } finally {
    await file.close();
  }
}
