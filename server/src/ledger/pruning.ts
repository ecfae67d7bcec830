import { dirname, join } from 'node:path';
import { blockPath, bundlePath, TILE_WIDTH } from '@prooflog/proof';
import type { Disk } from '../base/disk.js';
import { replaceFile } from '../base/durable.js';
import { type LogName, splitLog } from '../event/stages.js';
import { isBlockStream } from '../event/streams.js';
import type { Signer } from './signer.js';

export interface PruningOptions {
  readonly disk: Disk;
  readonly signer: Signer;
  /** Public name of a log. */
  readonly origin: (log: LogName) => string;
  readonly dirOf: (log: LogName) => string;
}

/** Takes the bytes of expired entries out of a log; its tiles stay (docs/formats/ledger.md, "Expiry"). */
export class Pruning {
  readonly #o: PruningOptions;

  constructor(options: PruningOptions) {
    this.#o = options;
  }

  /** Signs and writes the log's `minimum-index`. */
  async publish(log: LogName, index: number): Promise<void> {
    const { disk, signer, origin, dirOf } = this.#o;
    const note = await signer.minimumIndex(splitLog(log).tenant, origin(log), index);
    await replaceFile(disk, join(dirOf(log), 'minimum-index'), Buffer.from(note), 0o644);
  }

  /**
   * Deletes bundles and blocks that end at or below `index`, from the bundle `since` lies in on. Repeating it is
   * harmless. When it returns, the names are gone from the disk too.
   */
  async remove(log: LogName, since: number, index: number): Promise<void> {
    const dir = this.#o.dirOf(log);
    // Blocks first: one whose descriptor is gone could be taken for a file that somebody added.
    if (isBlockStream(splitLog(log).stream)) await this.#removeAll(dir, blocks(since, index));
    await this.#removeAll(dir, bundles(since, index));
  }

  async #removeAll(dir: string, paths: Iterable<string>): Promise<void> {
    const dirs = new Set<string>();
    for (const path of paths) {
      await this.#o.disk.remove(join(dir, path));
      // Partial files that a crash left behind hold the same bytes.
      await this.#o.disk.removeTree(join(dir, `${path}.p`));
      dirs.add(dirname(join(dir, path)));
    }
    for (const d of dirs) await this.#o.disk.syncDir(d);
  }
}

function* blocks(since: number, index: number): Generator<string> {
  for (let leaf = since; leaf < index; leaf++) yield blockPath(leaf);
}

/** Full bundles only: the incomplete last one is still written to. */
function* bundles(since: number, index: number): Generator<string> {
  for (let n = Math.floor(since / TILE_WIDTH); (n + 1) * TILE_WIDTH <= index; n++) yield bundlePath(n);
}
