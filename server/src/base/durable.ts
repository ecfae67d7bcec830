import { dirname } from 'node:path';
import type { Disk } from './disk.js';
import { Failure, systemCode } from './errors.js';

let serial = 0;

/** A name in the same directory, so that link and rename stay within one file system. */
function temporary(path: string): string {
  serial += 1;
  return `${path}.${process.pid}.${serial}.tmp`;
}

async function writeTemporary(disk: Disk, path: string, data: Uint8Array, mode: number): Promise<void> {
  const file = await disk.open(path, 'create', mode);
  try {
    await file.write(data, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Writes a file that may never change: temp → fsync → link → (caller: {@link Disk.syncDir}) read-only.
 * Link instead of rename, because rename would replace a file that is already there. Writing the same bytes
 * again is fine (a retry after a crash); other bytes are a `ledger_conflict`.
 *
 * The name itself is durable only after the directory is synced, which the caller does once for many files.
 *
 * @throws Failure `ledger_conflict`, or the system's error.
 */
export async function writeOnce(disk: Disk, path: string, data: Uint8Array): Promise<void> {
  const temp = temporary(path);
  try {
    await writeTemporary(disk, temp, data, 0o444);
    await disk.link(temp, path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    await expectSame(disk, path, data);
  } finally {
    await disk.remove(temp).catch(() => undefined);
  }
}

async function expectSame(disk: Disk, path: string, data: Uint8Array): Promise<void> {
  const there = await disk.readFile(path);
  if (there === null || Buffer.compare(there, data) !== 0)
    throw new Failure('ledger_conflict', `${path} exists with other bytes; it may never change.`);
}

/** Replaces a small file whole: temp → fsync → rename → fsync of the directory. Readers see old or new. */
export async function replaceFile(disk: Disk, path: string, data: Uint8Array, mode = 0o600): Promise<void> {
  const temp = temporary(path);
  try {
    await writeTemporary(disk, temp, data, mode);
    await disk.rename(temp, path);
  } catch (error) {
    await disk.remove(temp).catch(() => undefined);
    throw error;
  }
  await disk.syncDir(dirname(path));
}
