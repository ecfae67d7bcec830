import { join } from 'node:path';
import { equalBytes, formatNote, type NoteSignature, parseNote } from '@prooflog/proof';
import type { Disk } from '../base/disk.js';
import { replaceFile } from '../base/durable.js';
import { type LogName, splitLog } from '../event/stages.js';
import type { LedgerFiles } from './files.js';
import type { Head } from './heads.js';
import type { Signer } from './signer.js';

export interface CheckpointsOptions {
  readonly disk: Disk;
  readonly files: LedgerFiles;
  readonly signer: Signer;
  /** Public name of a log. */
  readonly origin: (log: LogName) => string;
  readonly dirOf: (log: LogName) => string;
}

/**
 * The `checkpoint` files. Two write them, the sealer and whoever brings cosignatures, so the writes of one log
 * queue up here: a cosigned checkpoint never replaces a newer one.
 */
export class Checkpoints {
  readonly #o: CheckpointsOptions;
  readonly #queues = new Map<LogName, Promise<unknown>>();

  constructor(options: CheckpointsOptions) {
    this.#o = options;
  }

  #path(log: LogName): string {
    return join(this.#o.dirOf(log), 'checkpoint');
  }

  /** The signed checkpoint as published, or null when there is none. */
  async read(log: LogName): Promise<string | null> {
    const bytes = await this.#o.disk.readFile(this.#path(log));
    return bytes === null ? null : Buffer.from(bytes).toString();
  }

  /** Signs and publishes the checkpoint of a head, and the key beside it. */
  write(head: Head): Promise<void> {
    return this.#queued(head.log, async () => {
      const { tenant } = splitLog(head.log);
      const origin = this.#o.origin(head.log);
      const dir = this.#o.dirOf(head.log);
      await this.#o.files.ensureDir(dir);
      const vkey = Buffer.from(`${await this.#o.signer.vkey(tenant, origin)}\n`);
      const there = await this.#o.disk.readFile(join(dir, 'vkey'));
      if (there === null || !vkey.equals(there))
        await replaceFile(this.#o.disk, join(dir, 'vkey'), vkey, 0o444);
      await this.#replace(head.log, await this.#o.signer.checkpoint(tenant, origin, head));
    });
  }

  /**
   * Puts a cosignature under the published checkpoint, after the signatures that are there; one by the same key
   * gives way to it.
   * @param text of the note that was cosigned
   * @returns false when another checkpoint has been published since, which stays as it is.
   */
  addCosignature(log: LogName, text: string, cosignature: NoteSignature): Promise<boolean> {
    return this.#queued(log, async () => {
      const published = await this.read(log);
      const note = published === null ? null : parseNote(published);
      if (note === null || note.text !== text) return false;
      const others = note.signatures.filter(
        (s) => s.name !== cosignature.name || !equalBytes(s.id, cosignature.id),
      );
      await this.#replace(log, formatNote({ text, signatures: [...others, cosignature] }));
      return true;
    });
  }

  #replace(log: LogName, note: string): Promise<void> {
    return replaceFile(this.#o.disk, this.#path(log), Buffer.from(note), 0o644);
  }

  #queued<T>(log: LogName, work: () => Promise<T>): Promise<T> {
    const done = (this.#queues.get(log) ?? Promise.resolve()).then(work, work);
    this.#queues.set(log, done);
    return done;
  }
}
