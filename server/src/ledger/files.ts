import { dirname, join } from 'node:path';
import type { Disk } from '../base/disk.js';
import { writeOnce } from '../base/durable.js';
import { inParallel } from '../base/parallel.js';
import type { LedgerFile } from './edge.js';

const AT_ONCE = 16;

/** Writes ledger files so that, when it returns, all of them and their names are on disk. */
export class LedgerFiles {
  readonly #disk: Disk;
  readonly #known = new Set<string>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** @throws Failure `ledger_conflict` when one exists with other bytes; the system's error otherwise. */
  async write(dir: string, files: readonly LedgerFile[]): Promise<void> {
    const dirs = new Set(files.map((file) => dirname(join(dir, file.path))));
    for (const d of dirs) await this.ensureDir(d);
    await inParallel(files, AT_ONCE, ({ path, bytes }) => writeOnce(this.#disk, join(dir, path), bytes));
    await Promise.all([...dirs].map((d) => this.#disk.syncDir(d)));
  }

  /** Makes a directory and its parents, each name synced in the directory above it. */
  async ensureDir(dir: string): Promise<void> {
    if (this.#known.has(dir)) return;
    const parent = dirname(dir);
    if (parent !== dir && (await this.#disk.list(parent)).length === 0) await this.ensureDir(parent);
    await this.#disk.makeDir(dir);
    await this.#disk.syncDir(parent);
    this.#known.add(dir);
  }

  /**
   * Removes the partial files of tiles and bundles that are full now, and only of those: a reader that holds an
   * earlier checkpoint still needs the others (c2sp.org/tlog-tiles, partial tiles). A failure leaves them for good
   * to no harm: they are prefixes.
   */
  async removePartials(dir: string, written: readonly LedgerFile[]): Promise<void> {
    const full = written.filter((file) => file.path.startsWith('tile/') && !file.path.includes('.p/'));
    for (const file of full) {
      const partials = join(dir, `${file.path}.p`);
      this.#known.delete(partials);
      await this.#disk.removeTree(partials).catch(() => undefined);
    }
  }
}
