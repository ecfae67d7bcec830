import { join } from 'node:path';
import { blockPath, bundlePath, decodeBundle, splitHashes, TILE_WIDTH, tilePath } from '@prooflog/proof';
import type { Disk } from '../base/disk.js';
import { Failure } from '../base/errors.js';
import { mintSealed } from '../event/mint/sealed.js';
import type { LogName, Sealed } from '../event/stages.js';
import { splitBlock } from './entry.js';

const DESCRIPTOR = Buffer.from('{"block":{');
const isDescriptor = (bytes: Uint8Array): boolean => DESCRIPTOR.equals(bytes.subarray(0, DESCRIPTOR.length));

/** Reads sealed leaves back from the files alone, so that any process that may see them can. */
export class LedgerReader {
  readonly #disk: Disk;
  readonly #dir: string;

  constructor(disk: Disk, dir: string) {
    this.#disk = disk;
    this.#dir = dir;
  }

  dirOf(log: LogName): string {
    return join(this.#dir, log);
  }

  /**
   * Leaves `from` up to `to` (exclusive) of a log.
   * @param size a published size of the log, at least `to`: it names the partial files.
   * @throws Failure `ledger_conflict` when a file is missing.
   */
  read(log: LogName, from: number, to: number, size: number): AsyncGenerator<Sealed> {
    return this.pick(log, range(from, to), size);
  }

  /**
   * Single leaves of a log, ascending; those of one bundle are read at once.
   * @param size a published size of the log, above every leaf.
   * @throws Failure `ledger_conflict` when a file is missing.
   */
  async *pick(log: LogName, leaves: Iterable<number>, size: number): AsyncGenerator<Sealed> {
    let at = -1;
    let entries: Uint8Array[] = [];
    let hashes: Uint8Array[] = [];
    for (const leaf of leaves) {
      const bundle = Math.floor(leaf / TILE_WIDTH);
      if (bundle !== at) {
        entries = decodeBundle(await this.#newest(log, bundle, size, (width) => bundlePath(bundle, width)));
        hashes = splitHashes(await this.#newest(log, bundle, size, (width) => tilePath(0, bundle, width)));
        at = bundle;
      }
      const bytes = entries[leaf % TILE_WIDTH];
      const hash = hashes[leaf % TILE_WIDTH];
      if (bytes === undefined || hash === undefined)
        throw new Failure('ledger_conflict', `Leaf ${leaf} of ${log} is missing from its bundle.`);
      yield mintSealed({ log, leaf, hash, bytes, records: await this.#records(log, leaf, bytes) });
    }
  }

  /**
   * The full file or, at the right edge, the partial one. Partial files go only when the full one is there, so
   * one that vanished between the two looks has become full.
   */
  async #newest(
    log: LogName,
    index: number,
    size: number,
    path: (width?: number) => string,
  ): Promise<Uint8Array> {
    const full = join(this.dirOf(log), path());
    const width = index === Math.floor(size / TILE_WIDTH) ? size % TILE_WIDTH : 0;
    if (width === 0) return need(this.#disk, full);
    const partial = join(this.dirOf(log), path(width));
    return (await this.#disk.readFile(partial)) ?? need(this.#disk, full);
  }

  async #records(log: LogName, leaf: number, bytes: Uint8Array): Promise<Uint8Array[]> {
    if (!isDescriptor(bytes)) return [bytes];
    return splitBlock(await need(this.#disk, join(this.dirOf(log), blockPath(leaf))));
  }
}

function* range(from: number, to: number): Generator<number> {
  for (let n = from; n < to; n++) yield n;
}

/** @throws Failure `ledger_conflict` when there is no such file. */
export async function need(disk: Disk, path: string): Promise<Uint8Array> {
  const bytes = await disk.readFile(path);
  if (bytes === null) throw new Failure('ledger_conflict', `${path} is missing.`);
  return bytes;
}
