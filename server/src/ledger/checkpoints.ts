import { join } from 'node:path';
import {
  equalBytes,
  formatNote,
  type Note,
  NoteError,
  type NoteSignature,
  parseCheckpoint,
  parseNote,
  trustOf,
} from '@prooflog/proof';
import type { Disk } from '../base/disk.js';
import { replaceFile } from '../base/durable.js';
import { type LogName, splitLog } from '../event/stages.js';
import { type Beyond, readBeyond } from './beyond.js';
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
  /** Has other notes of the log signed by the keys in force, before `vkey` says that these are. */
  readonly onKeysChanged?: (log: LogName) => Promise<void>;
}

/** `checkpoint.cosigned`: the newest that enough witnesses have cosigned, docs/formats/ledger.md. */
export type CheckpointFile = 'checkpoint' | 'checkpoint.cosigned';

/** Older ones are given up: whoever has not answered since was overtaken. */
const GATHERED = 4;

/**
 * The checkpoints of all logs. Two write them, the sealer and whoever brings cosignatures, so the writes of one log
 * queue up here: a cosigned checkpoint never replaces a newer one.
 */
export class Checkpoints {
  readonly #o: CheckpointsOptions;
  /** The latest checkpoints of a log that were cosigned, with all that came in. */
  readonly #gathered = new Map<LogName, readonly Note[]>();
  readonly #queues = new Map<LogName, Promise<unknown>>();
  /** What lay beyond the heads at the first look; afterwards nobody but this program publishes. */
  readonly #beyond = new Map<LogName, Beyond | null>();

  constructor(options: CheckpointsOptions) {
    this.#o = options;
  }

  #path(log: LogName, file: CheckpointFile): string {
    return join(this.#o.dirOf(log), file);
  }

  /** The signed checkpoint as published, or null when there is none. */
  async read(log: LogName, file: CheckpointFile = 'checkpoint'): Promise<string | null> {
    const bytes = await this.#o.disk.readFile(this.#path(log, file));
    return bytes === null ? null : Buffer.from(bytes).toString();
  }

  /**
   * The published checkpoint while it lies beyond the head, as after the control database was restored from a copy:
   * the tree must grow to it again before another is published.
   */
  async beyond(log: LogName): Promise<Beyond | null> {
    const size = this.#o.heads.get(log)?.size ?? 0;
    const known = this.#beyond.get(log) ?? (this.#beyond.has(log) ? null : await this.#look(log, size));
    const beyond = known !== null && known.size > size ? known : null;
    this.#beyond.set(log, beyond);
    return beyond;
  }

  async #look(log: LogName, size: number): Promise<Beyond | null> {
    const note = await this.read(log);
    // The key may lie with a service of its own: it is asked for only where there is something to decide.
    if (sizeIn(note) <= size || note === null) return null;
    const origin = this.#o.origin(log);
    return readBeyond(note, origin, await this.#o.signer.vkeys(splitLog(log).tenant, origin), size);
  }

  /**
   * Signs and publishes the checkpoint of the log's head, and the keys beside it, unless a newer one is published.
   * Whoever cosigned this very checkpoint stays under it.
   */
  write(log: LogName): Promise<void> {
    return this.alone(log, async () => {
      const head = this.#o.heads.get(log);
      if (head === undefined || (await this.beyond(log)) !== null) return;
      const { tenant } = splitLog(log);
      const origin = this.#o.origin(log);
      const dir = this.#o.dirOf(log);
      await this.#o.files.ensureDir(dir);
      const vkeys = Buffer.from(`${(await this.#o.signer.vkeys(tenant, origin)).join('\n')}\n`);
      const { text, signatures } = parseNote(await this.#o.signer.checkpoint(tenant, origin, head));
      const signed = async (file: CheckpointFile): Promise<Note | null> => {
        const before = await this.#note(log, file);
        if (before?.text !== text) return null;
        return { text, signatures: [...signatures, ...before.signatures.filter((s) => s.name !== origin)] };
      };
      const there = await this.#o.disk.readFile(join(dir, 'vkey'));
      if (there === null || !vkeys.equals(there)) {
        await this.#resignCosigned(log, await signed('checkpoint.cosigned'));
        await this.#o.onKeysChanged?.(log);
        await replaceFile(this.#o.disk, join(dir, 'vkey'), vkeys, 0o444);
      }
      await this.#replace(log, 'checkpoint', (await signed('checkpoint')) ?? { text, signatures });
    });
  }

  /** Other keys sign now: what only earlier ones signed says nothing to who holds the keys in force. */
  async #resignCosigned(log: LogName, note: Note | null): Promise<void> {
    if (note !== null) return this.#replace(log, 'checkpoint.cosigned', note);
    this.#gathered.delete(log);
    if ((await this.read(log, 'checkpoint.cosigned')) !== null)
      await this.#o.disk.remove(this.#path(log, 'checkpoint.cosigned'));
  }

  /**
   * Puts a cosignature under the checkpoint it is of, where that is still published, and keeps the newest checkpoint
   * that has enough of them. One by the same key gives way to it.
   * @param cosigned the note as it was sent, with the log's own signatures
   * @param enough whether a signed note has the cosignatures that are wanted
   */
  addCosignature(
    log: LogName,
    cosigned: Note,
    cosignature: NoteSignature,
    enough: (signed: string) => boolean,
  ): Promise<void> {
    return this.alone(log, async () => {
      const { text } = cosigned;
      const published = await this.#note(log, 'checkpoint');
      const kept = await this.#note(log, 'checkpoint.cosigned');
      const gathered = this.#gathered.get(log) ?? [];
      const known = [published, ...gathered, kept].find((one) => one?.text === text) ?? cosigned;
      if (!(await this.#isSigned(log, known))) return;
      const note = withSignature(known, cosignature);
      this.#gathered.set(log, [...gathered.filter((one) => one.text !== text), note].slice(-GATHERED));
      if (published?.text === text) await this.#replace(log, 'checkpoint', note);
      if (enough(formatNote(note)) && sizeOf(note) >= sizeOf(kept))
        await this.#replace(log, 'checkpoint.cosigned', note);
    });
  }

  /** Whether every key in force signed it: they may have changed while a witness took its time. */
  async #isSigned(log: LogName, note: Note): Promise<boolean> {
    const origin = this.#o.origin(log);
    const vkeys = await this.#o.signer.vkeys(splitLog(log).tenant, origin);
    return vkeys.every((vkey) => trustOf(formatNote(note), origin, [vkey]).trust === 'held');
  }

  /** Null when there is none, or none that can be read: it is written anew. */
  async #note(log: LogName, file: CheckpointFile): Promise<Note | null> {
    try {
      return parseNote((await this.read(log, file)) ?? '');
    } catch {
      return null;
    }
  }

  #replace(log: LogName, file: CheckpointFile, note: Note): Promise<void> {
    return replaceFile(this.#o.disk, this.#path(log, file), Buffer.from(formatNote(note)), 0o644);
  }

  /** Does the work while nobody else writes what the keys of this log sign. */
  alone<T>(log: LogName, work: () => Promise<T>): Promise<T> {
    const done = (this.#queues.get(log) ?? Promise.resolve()).then(work, work);
    this.#queues.set(log, done);
    return done;
  }
}

function withSignature({ text, signatures }: Note, added: NoteSignature): Note {
  const others = signatures.filter((s) => s.name !== added.name || !equalBytes(s.id, added.id));
  return { text, signatures: [...others, added] };
}

/** The size that a checkpoint states; 0 where there is none that can be read. */
export function sizeIn(note: string | null): number {
  try {
    return note === null ? 0 : sizeOf(parseNote(note));
  } catch (error) {
    if (error instanceof NoteError) return 0;
    throw error;
  }
}

const sizeOf = (note: Note | null): number => (note === null ? 0 : parseCheckpoint(note.text).size);
