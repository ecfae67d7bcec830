import { constants, type Dirent } from 'node:fs';
import { type FileHandle, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../base/errors.js';

/** Opening a small file costs about as much as reading this many bytes: it counts for at least so much. */
const FILE_COST = 16 * 1024;
/** Larger than any bundle (256 entries of 65,535 bytes) or block can be; what lies behind is not even read. */
const MAX_FILE = 32 * 2 ** 20;

/** Without following a link, and without waiting for the other end of a pipe that somebody put there. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Not a readable file of ours: for the one who checks as good as missing. Anything else (no descriptors left, say)
 * says nothing about the file and is thrown.
 */
const MISSING = new Set([
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'ELOOP',
  'ENXIO',
  'EACCES',
  'EPERM',
  'EIO',
  'ENAMETOOLONG',
]);

/** Reads files and keeps the account of what it cost. */
export class MeteredFiles {
  /** Bytes read so far, each file counted for at least 16 KiB. */
  cost = 0;

  /** The file, or null when there is none that can be read. At most 32 MiB of it. */
  async read(path: string): Promise<Uint8Array | null> {
    let handle: FileHandle | null = null;
    try {
      handle = await open(path, FLAGS);
      const stat = await handle.stat();
      if (!stat.isFile()) return null;
      const bytes = await readSome(handle, Math.min(stat.size, MAX_FILE));
      this.cost += Math.max(bytes.length, FILE_COST);
      return bytes;
    } catch (error) {
      if (MISSING.has(systemCode(error))) return null;
      throw error;
    } finally {
      await handle?.close();
    }
  }

  /** Size in bytes, or null when there is no such file. */
  async size(path: string): Promise<number | null> {
    let handle: FileHandle | null = null;
    try {
      handle = await open(path, FLAGS);
      const stat = await handle.stat();
      return stat.isFile() ? stat.size : null;
    } catch (error) {
      if (MISSING.has(systemCode(error))) return null;
      throw error;
    } finally {
      this.cost += FILE_COST / 16;
      await handle?.close();
    }
  }

  /** All that is no directory below `dir`, a directory at a time; `regular` is false for links, pipes and the like. */
  async *list(dir: string, prefix = ''): AsyncGenerator<{ path: string; regular: boolean }, void> {
    for (const entry of await names(dir)) {
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory()) yield* this.list(join(dir, entry.name), path);
      else {
        this.cost += FILE_COST / 64;
        yield { path, regular: entry.isFile() };
      }
    }
  }
}

async function readSome(handle: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(size);
  let done = 0;
  while (done < size) {
    const { bytesRead } = await handle.read(bytes, done, size - done, done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/** What is in one directory; nothing when it is gone meanwhile. */
export async function names(dir: string): Promise<Dirent[]> {
  const found: Dirent[] = [];
  try {
    for await (const entry of await opendir(dir)) found.push(entry);
  } catch (error) {
    if (!MISSING.has(systemCode(error))) throw error;
  }
  return found;
}
