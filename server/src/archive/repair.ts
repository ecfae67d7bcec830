import { dirname, join } from 'node:path';
import {
  blockPath,
  bundlePath,
  checkBlock,
  decodeBundle,
  equalBytes,
  type FileReader,
  type Finding,
  fromUtf8,
  sha256,
  TILE_WIDTH,
} from '@prooflog/proof';
import type { Disk } from '../base/disk.js';
import { Failure, systemCode } from '../base/errors.js';
import type { LogName } from '../event/stages.js';
import type { Edge } from '../ledger/edge.js';
import { LedgerFiles } from '../ledger/files.js';
import type { Head } from '../ledger/heads.js';
import { loadEdge } from '../ledger/load-edge.js';
import type { Manifest } from '../ledger/manifest.js';
import { filledBy, fullBundles } from './files.js';
import type { Mirror } from './mirror.js';

export interface RepairOptions {
  readonly disk: Disk;
  /** Folder of the ledger. */
  readonly dir: string;
  /** Folder, outside the ledger, that damaged files are moved to: they are evidence. */
  readonly quarantine: string;
  readonly manifest: Manifest;
  readonly mirror: Mirror;
  /** Below it the bytes of a log's entries expired: they are not brought back. */
  readonly minimum: (log: LogName) => number;
  /** Reads a file by its full path; null when there is none that can be read. */
  readonly read: (path: string) => Promise<Uint8Array | null>;
}

export interface RepairReport {
  readonly log: string;
  readonly mended: string[];
  /** Damaged or missing, and the mirror had nothing that fits. */
  readonly unmended: string[];
}

type Fits = (bytes: Uint8Array) => Promise<boolean>;

/** Puts back what is missing or damaged in the folder of one log. Only the heads and the manifest are trusted. */
export class Repair {
  readonly #o: RepairOptions;
  readonly #head: Head;
  readonly #files: LedgerFiles;
  readonly report: RepairReport;

  constructor(options: RepairOptions, head: Head) {
    this.#o = options;
    this.#head = head;
    this.#files = new LedgerFiles(options.disk);
    this.report = { log: head.log, mended: [], unmended: [] };
  }

  /** @throws what reading the mirror throws, and what writing throws; what was mended before stays mended. */
  async run(): Promise<void> {
    const { size } = this.#head;
    for (let bundle = 0; bundle < fullBundles(size); bundle++) {
      const [path = '', ...tiles] = filledBy(bundle);
      const gone = (bundle + 1) * TILE_WIDTH <= this.#minimum;
      const bytes = gone ? null : await this.#sealed(path);
      for (const tile of tiles) await this.#sealed(tile);
      if (bytes !== null) await this.#blocks(decodeBundle(bytes), bundle * TILE_WIDTH);
    }
    const edge = size % TILE_WIDTH === 0 ? null : await this.#edge();
    if (edge !== null) await this.#blocks(edge.bundle, size - edge.bundle.length);
  }

  get #minimum(): number {
    return this.#o.minimum(this.#head.log);
  }

  /** A full tile or bundle, as the manifest has it; null when it cannot be had. */
  async #sealed(path: string): Promise<Uint8Array | null> {
    const row = await this.#o.manifest.get(this.#head.log, path);
    return this.#whole(path, async (bytes) => row !== undefined && equalBytes(sha256(bytes), row.sha256));
  }

  async #blocks(entries: readonly Uint8Array[], first: number): Promise<void> {
    for (const [i, entry] of entries.entries()) {
      const text = fromUtf8(entry) ?? '';
      if (!text.startsWith('{"block":{')) continue;
      const leaf = first + i;
      if (leaf < this.#minimum) continue;
      await this.#whole(blockPath(leaf), async (bytes) => {
        const findings: Finding[] = [];
        checkBlock(bytes, text, leaf, (finding) => void findings.push(finding));
        return findings.length === 0;
      });
    }
  }

  /**
   * The incomplete tiles and bundle, which together give the root of the head or do not. The mirror has them only if
   * it was told of this very size.
   */
  async #edge(): Promise<Edge | null> {
    const here = await this.#edgeFrom((path) => this.#local(path));
    if (here !== null) return here;
    const there = await this.#edgeFrom(async (path) => {
      for await (const bytes of this.#o.mirror.candidates(this.#head.log, path)) return bytes;
      return null;
    });
    if (there === null) {
      const { size } = this.#head;
      this.report.unmended.push(bundlePath(fullBundles(size), size % TILE_WIDTH));
      return null;
    }
    for (const { path, bytes } of there.takeFiles())
      await this.#whole(path, async (candidate) => equalBytes(candidate, bytes));
    return there;
  }

  async #edgeFrom(read: FileReader): Promise<Edge | null> {
    try {
      return await loadEdge(read, this.#head);
    } catch (error) {
      if (error instanceof Failure) return null;
      throw error;
    }
  }

  #local(path: string): Promise<Uint8Array | null> {
    return this.#o.read(join(this.#o.dir, this.#head.log, path));
  }

  /** The file here if it fits, else the first of the mirror's that does, which is then put in its place. */
  async #whole(path: string, fits: Fits): Promise<Uint8Array | null> {
    const here = await this.#local(path);
    if (here !== null && (await fits(here))) return here;
    for await (const bytes of this.#o.mirror.candidates(this.#head.log, path)) {
      if (!(await fits(bytes))) continue;
      await this.#setAside(path);
      await this.#files.write(join(this.#o.dir, this.#head.log), [{ path, bytes }]);
      this.report.mended.push(path);
      return bytes;
    }
    this.report.unmended.push(path);
    return null;
  }

  /** Whatever has the name of the file, also what is no file. */
  async #setAside(path: string): Promise<void> {
    const from = join(this.#o.dir, this.#head.log, path);
    const to = join(this.#o.quarantine, this.#head.log, path);
    await this.#files.ensureDir(dirname(to));
    try {
      await this.#o.disk.rename(from, to);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      throw error;
    }
    await this.#o.disk.syncDir(dirname(to));
  }
}
