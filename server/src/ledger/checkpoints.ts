import { join } from 'node:path';
import { equalBytes, formatNote, type Note, type NoteSignature, parseNote } from '@prooflog/proof';
import type { Disk } from '../base/disk.js';
import { replaceFile } from '../base/durable.js';
import { type LogName, splitLog } from '../event/stages.js';
import type { LedgerFiles } from './files.js';
import type { Heads } from './heads.js';
import type { Signer } from './signer.js';

export interface CheckpointsOptions {
  readonly disk: Disk;
  readonly files: LedgerFiles;
  readonly signer: Signer;
  readonly heads: Heads;
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

  /**
   * Signs and publishes the checkpoint of the log's head, and the keys beside it. Whoever cosigned this very
   * checkpoint stays under it.
   */
  write(log: LogName): Promise<void> {
    return this.#queued(log, async () => {
      const head = this.#o.heads.get(log);
      if (head === undefined) return;
      const { tenant } = splitLog(log);
      const origin = this.#o.origin(log);
      const dir = this.#o.dirOf(log);
      await this.#o.files.ensureDir(dir);
      const vkeys = Buffer.from(`${(await this.#o.signer.vkeys(tenant, origin)).join('\n')}\n`);
      const there = await this.#o.disk.readFile(join(dir, 'vkey'));
      if (there === null || !vkeys.equals(there))
        await replaceFile(this.#o.disk, join(dir, 'vkey'), vkeys, 0o444);
      const { text, signatures } = parseNote(await this.#o.signer.checkpoint(tenant, origin, head));
      const before = await this.#published(log);
      const others = before?.text === text ? before.signatures.filter((s) => s.name !== origin) : [];
      await this.#replace(log, { text, signatures: [...signatures, ...others] });
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
      const note = await this.#published(log);
      if (note?.text !== text) return false;
      const others = note.signatures.filter(
        (s) => s.name !== cosignature.name || !equalBytes(s.id, cosignature.id),
      );
      await this.#replace(log, { text, signatures: [...others, cosignature] });
      return true;
    });
  }

  /** Null when there is none, or none that can be read: it is written anew. */
  async #published(log: LogName): Promise<Note | null> {
    try {
      return parseNote((await this.read(log)) ?? '');
    } catch {
      return null;
    }
  }

  #replace(log: LogName, note: Note): Promise<void> {
    return replaceFile(this.#o.disk, this.#path(log), Buffer.from(formatNote(note)), 0o644);
  }

  #queued<T>(log: LogName, work: () => Promise<T>): Promise<T> {
    const done = (this.#queues.get(log) ?? Promise.resolve()).then(work, work);
    this.#queues.set(log, done);
    return done;
  }
}
