import { join } from 'node:path';
import type { Disk } from '../base/disk.js';
import { Failure, systemCode } from '../base/errors.js';
import { DirectoryLock } from '../base/lock.js';

/** Makes the data directory, and sure that it can be written. @throws Failure `data_unusable`. */
export async function usable(disk: Disk, dir: string): Promise<void> {
  try {
    await disk.makeDir(dir);
    const probe = join(dir, `.probe-${process.pid}`);
    const file = await disk.open(probe, 'update');
    await file.write(Buffer.from('.'), 0);
    await file.sync();
    await file.close();
    await disk.remove(probe);
  } catch (error) {
    throw new Failure(
      'data_unusable',
      `The data directory ${dir} cannot be written (${systemCode(error)}). Check its owner, its rights and the space left.`,
      { cause: error },
    );
  }
}

/** One process per data directory: two would write one journal. */
export async function lock(dir: string): Promise<() => Promise<void>> {
  const held = await DirectoryLock.take(join(dir, 'lock'));
  return () => held.release();
}
