import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';

/**
 * The few file operations durability rests on, behind an interface so that a test can make each of them fail
 * or be torn. Errors are the system's own (`ENOSPC`, `EIO`).
 */
export interface DiskFile {
  /** Writes all of `data` at `offset`. */
  write(data: Uint8Array, offset: number): Promise<void>;
  /** Fills `into` from `offset`; returns the number of bytes read, short only at the end of the file. */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** `fdatasync`: data and the size needed to read it are on disk. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface Disk {
  /** `create` fails when the file exists; `update` makes it when it does not. */
  open(path: string, how: 'read' | 'create' | 'update', mode?: number): Promise<DiskFile>;
  /** Hard link; fails with `EEXIST` rather than replace. */
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** A directory with all that is in it; nothing when there is none. */
  removeTree(path: string): Promise<void>;
  /** Names in a directory; empty when there is none. */
  list(path: string): Promise<string[]>;
  makeDir(path: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDir(path: string): Promise<void>;
  /** The whole file, or null when there is none. */
  readFile(path: string): Promise<Uint8Array | null>;
}

const FLAGS = {
  read: constants.O_RDONLY,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  update: constants.O_RDWR | constants.O_CREAT,
} as const;

class NodeFile implements DiskFile {
  readonly #handle: fs.FileHandle;
  constructor(handle: fs.FileHandle) {
    this.#handle = handle;
  }

  async write(data: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < data.length; ) {
      const { bytesWritten } = await this.#handle.write(data, done, data.length - done, offset + done);
      done += bytesWritten;
    }
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const { bytesRead } = await this.#handle.read(into, done, into.length - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** `null` in place of a missing file or directory. */
async function orNull<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** The machine's own disk. */
export const realDisk: Disk = {
  async open(path, how, mode = 0o600) {
    return new NodeFile(await fs.open(path, FLAGS[how], mode));
  },
  link: (from, to) => fs.link(from, to),
  rename: (from, to) => fs.rename(from, to),
  async remove(path) {
    await orNull(fs.unlink(path));
  },
  removeTree: (path) => fs.rm(path, { recursive: true, force: true }),
  async list(path) {
    return (await orNull(fs.readdir(path))) ?? [];
  },
  async makeDir(path) {
    await fs.mkdir(path, { recursive: true, mode: 0o700 });
  },
  async syncDir(path) {
    const handle = await fs.open(path, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  readFile: (path) => orNull(fs.readFile(path)),
};
