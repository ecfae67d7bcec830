import { join } from 'node:path';
import {
  type Checkpoint,
  equalBytes,
  fromUtf8,
  NoteError,
  parseCheckpoint,
  parseMinimumIndex,
  sha256,
  verifyNote,
} from '@prooflog/proof';
import type { Disk } from '../base/disk.js';
import { Failure, systemCode } from '../base/errors.js';
import { type LogName, splitLog } from '../event/stages.js';
import { readBeyond } from '../ledger/beyond.js';
import type { LedgerFile } from '../ledger/edge.js';
import { loadEdge } from '../ledger/load-edge.js';
import type { Manifest } from '../ledger/manifest.js';
import type { Signer } from '../ledger/signer.js';

export interface LocalOptions {
  readonly disk: Disk;
  /** Folder of the ledger. */
  readonly dir: string;
  readonly manifest: Manifest;
  readonly signer: Signer;
  readonly origin: (log: LogName) => string;
}

/** What lies behind the last full bundle of a log, with the checkpoint that it was read under. */
export interface Tail {
  readonly checkpoint: string;
  readonly vkeys: readonly string[];
  readonly size: number;
  /** The partial tiles and the partial bundle. */
  readonly files: readonly LedgerFile[];
  readonly entries: readonly Uint8Array[];
}

/** The files of one log as they lie here. None is given out that is not what was sealed. */
export class LocalLog {
  readonly log: LogName;
  readonly #o: LocalOptions;

  constructor(log: LogName, options: LocalOptions) {
    this.log = log;
    this.#o = options;
  }

  /** Null when there is no such file. @throws Failure `ledger_conflict` when it cannot be read. */
  async read(path: string): Promise<Uint8Array | null> {
    try {
      return await this.#o.disk.readFile(join(this.#o.dir, this.log, path));
    } catch (cause) {
      const code = systemCode(cause);
      throw new Failure('ledger_conflict', `${path} of ${this.log} cannot be read (${code}).`, { cause });
    }
  }

  /** A full tile or bundle. @throws Failure `ledger_conflict` when it is missing, or is not what the manifest says. */
  async sealed(path: string): Promise<Uint8Array> {
    const bytes = await this.read(path);
    const row = await this.#o.manifest.get(this.log, path);
    if (bytes === null || row === undefined || !equalBytes(row.sha256, sha256(bytes)))
      throw new Failure('ledger_conflict', `${path} of ${this.log} is not what the manifest says.`);
    return bytes;
  }

  /** The log's `minimum-index` and what it says; null when nothing expired, or the note is being written anew. */
  async minimum(): Promise<{ bytes: Uint8Array; index: number } | null> {
    const bytes = await this.read('minimum-index');
    if (bytes === null) return null;
    const minimum = await this.#ours(bytes, parseMinimumIndex);
    return minimum?.origin === this.#o.origin(this.log) ? { bytes, index: minimum.index } : null;
  }

  /** The published checkpoint, or null when there is none. */
  async checkpoint(): Promise<string | null> {
    const bytes = await this.read('checkpoint');
    return bytes === null ? null : (fromUtf8(bytes) ?? '');
  }

  /**
   * The tail under a published checkpoint; null when the sealer went on while it was being read.
   * @throws Failure `ledger_conflict` when it is not what that checkpoint was signed for.
   */
  async tail(checkpoint: string): Promise<Tail | null> {
    const stated = await this.stated(checkpoint);
    if (stated === null)
      throw new Failure('ledger_conflict', `The checkpoint of ${this.log} is not signed with its key.`);
    const { size, root } = stated;
    try {
      const edge = await loadEdge((path) => this.read(path), { log: this.log, size, root });
      return { checkpoint, vkeys: await this.#vkeys(), size, files: edge.takeFiles(), entries: edge.bundle };
    } catch (error) {
      if (error instanceof Failure && (await this.checkpoint()) !== checkpoint) return null;
      throw error;
    }
  }

  #vkeys(): Promise<string[]> {
    return this.#o.signer.vkeys(splitLog(this.log).tenant, this.#o.origin(this.log));
  }

  /** What a checkpoint says, or null when it is not signed with a key of this log in force. */
  stated(checkpoint: string): Promise<Checkpoint | null> {
    return this.#ours(Buffer.from(checkpoint), parseCheckpoint);
  }

  /** Whether a checkpoint in the name of the log, by whatever key, has more entries. */
  async isBeyond(checkpoint: string, size: number): Promise<boolean> {
    return readBeyond(checkpoint, this.#o.origin(this.log), await this.#vkeys(), size) !== null;
  }

  async #ours<T>(note: Uint8Array, parse: (text: string) => T): Promise<T | null> {
    try {
      return parse(verifyNote(note, await this.#vkeys()).text);
    } catch (error) {
      if (error instanceof NoteError) return null;
      throw error;
    }
  }
}
