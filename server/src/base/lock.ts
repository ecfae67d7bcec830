import { readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { Failure, systemCode } from './errors.js';

/** What the kernel says of a process: its state and its start time, or null where there is no /proc entry. */
function statOf(pid: number): { state: string; start: string } | null {
  try {
    // The name in brackets may hold anything; the fields begin behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return { state: fields[0] ?? '', start: fields[19] ?? '' };
  } catch {
    return null;
  }
}

/** Whether a process of this id runs here. One that ended and was not yet buried does not. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) !== 'EPERM') return false;
  }
  return !['Z', 'X'].includes(statOf(pid)?.state ?? '');
}

/** Kernel's start time of a process: tells a reused process id from the process that took the lock. */
const startOf = (pid: number): string => statOf(pid)?.start ?? '';

/** A file that names the process that has the directory open; a dead owner's lock is taken over. */
export class DirectoryLock {
  readonly #path: string;
  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws Failure `data_unusable` when another process has the directory open. */
  static async take(path: string): Promise<DirectoryLock> {
    const owner = `${process.pid} ${startOf(process.pid)}\n`;
    for (;;) {
      try {
        await fs.writeFile(path, owner, { flag: 'wx', mode: 0o600 });
        return new DirectoryLock(path);
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
      }
      const [pid = '', start = ''] = (await fs.readFile(path, 'utf8').catch(() => '')).trim().split(' ');
      if (
        Number(pid) > 0 &&
        Number(pid) !== process.pid &&
        alive(Number(pid)) &&
        startOf(Number(pid)) === start
      )
        throw new Failure('data_unusable', `The process ${pid} has this data directory open; stop it first.`);
      await fs.rm(path, { force: true });
    }
  }

  async release(): Promise<void> {
    await fs.rm(this.#path, { force: true });
  }
}
