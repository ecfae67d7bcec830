import { dirname } from 'node:path';
import type { Disk, DiskFile } from '../base/disk.js';
import { Failure, storageFailure } from '../base/errors.js';
import type { Guarded, Journaled } from '../event/stages.js';
import { decodeFrame, encodeFrame, finishFrame, frameSize, HEADER } from './frame.js';
import { keepIds, SegmentIds } from './ids.js';
import { recover } from './recover.js';
import { SeenIds } from './seen.js';
import { idsPath, segmentPath } from './segment.js';

export interface JournalOptions {
  readonly dir: string;
  readonly disk: Disk;
  /** Furthest position any follower has saved. */
  readonly passed: number;
  /** First position that is still to be read; default: none. */
  readonly needed?: number;
  /** A file is closed once it is larger. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Unsynced bytes beyond which senders are told to wait. Default 128 MiB. */
  readonly maxPendingBytes?: number;
  /** Duplicates are recognised among at least this many latest records. Default 2,000,000. */
  readonly idWindow?: number;
}

/** Frames that go to disk together. */
class Group {
  buffer: Buffer;
  used = 0;
  readonly entries: Guarded[] = [];
  readonly done: Promise<void>;
  resolve: () => void = () => undefined;
  reject: (error: Failure) => void = () => undefined;

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafe(size);
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.done.catch(() => undefined);
  }

  add(entry: Guarded): void {
    const need = this.used + frameSize(entry);
    if (need > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(need, this.buffer.length * 2));
      this.buffer.copy(larger, 0, 0, this.used);
      this.buffer = larger;
    }
    this.used = encodeFrame(this.buffer, this.used, entry);
    this.entries.push(entry);
  }
}

/**
 * The append-only log in which an acknowledgement is earned. Format and recovery: docs/formats/journal.md.
 *
 * One writer loop: whatever arrived while the last group was being synced goes out as the next group.
 */
export class Journal {
  /** Ids of the recent past; the pipeline asks before it appends. */
  readonly seen: SeenIds;
  /** Bytes of a torn tail that recovery cut off. */
  readonly cut: number;

  readonly #o: Required<JournalOptions>;
  readonly #bases: number[];
  readonly #ids: Map<number, SegmentIds>;
  readonly #idBases: number[];
  readonly #listeners = new Set<() => void>();
  readonly #readers = new Map<number, DiskFile>();
  #durable: number;
  #file: DiskFile | null = null;
  #pending = new Group(64 * 1024);
  #writing: Group | null = null;
  #loop: Promise<void> | null = null;
  #releasing: Promise<void> = Promise.resolve();

  private constructor(
    o: Required<JournalOptions>,
    seen: SeenIds,
    found: Awaited<ReturnType<typeof recover>>,
  ) {
    this.#o = o;
    this.seen = seen;
    this.cut = found.cut;
    this.#bases = found.bases;
    this.#ids = found.ids;
    this.#idBases = found.idBases;
    this.#durable = found.end;
  }

  /** @throws Failure `journal_corrupt`, or the system's error when the directory cannot be used. */
  static async open(options: JournalOptions): Promise<Journal> {
    const o = {
      needed: Number.POSITIVE_INFINITY,
      segmentBytes: 64 * 2 ** 20,
      maxPendingBytes: 128 * 2 ** 20,
      idWindow: 2_000_000,
      ...options,
    };
    await o.disk.makeDir(o.dir);
    await o.disk.syncDir(dirname(o.dir));
    const seen = new SeenIds(o.idWindow);
    const found = await recover(o.disk, o.dir, o.passed, seen);
    if (o.needed < (found.bases[0] ?? 0))
      throw new Failure(
        'journal_corrupt',
        `The journal begins at ${found.bases[0]}, but the control database has sealed only up to ${o.needed}: it is older than the journal and the ledger. Restore a newer control database, or all of the data directory from one copy.`,
      );
    const journal = new Journal(o, seen, found);
    await journal.#reopen();
    return journal;
  }

  /** Everything before this position is on disk. */
  get durable(): number {
    return this.#durable;
  }

  /** Bytes accepted but not yet on disk. */
  get pendingBytes(): number {
    return this.#pending.used + (this.#writing?.used ?? 0);
  }

  /** Calls back whenever {@link durable} has moved. */
  onDurable(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves when all entries are on disk; they stand in the given order with nothing between them.
   * @throws Failure `journal_busy`, `storage_full`, `storage_failed`; then none of them counts as written.
   */
  append(entries: readonly Guarded[]): Promise<void> {
    // A group with nothing in it is never written, and whoever waited for it would wait for ever.
    if (entries.length === 0) return Promise.resolve();
    if (this.pendingBytes > this.#o.maxPendingBytes)
      return Promise.reject(
        new Failure('journal_busy', 'More is waiting for the disk than may wait; send it again later.'),
      );
    const group = this.#pending;
    for (const entry of entries) group.add(entry);
    this.#loop ??= this.#run();
    return group.done;
  }

  /** Resolves when everything appended so far is on disk, rejects when any of it failed. */
  async barrier(): Promise<void> {
    const groups = [this.#writing, this.#pending.used > 0 ? this.#pending : null];
    await Promise.all(groups.map((group) => group?.done));
  }

  async #run(): Promise<void> {
    // One turn of the event loop, so that requests decoded in this turn share the group.
    await new Promise(setImmediate);
    while (this.#pending.used > 0) {
      const group = this.#pending;
      this.#pending = new Group(Math.min(group.buffer.length, 4 * 2 ** 20));
      this.#writing = group;
      try {
        await this.#write(group);
        group.resolve();
        for (const listener of this.#listeners) listener();
      } catch (error) {
        await this.#abandonFile();
        group.reject(error instanceof Failure ? error : storageFailure(error));
      }
      this.#writing = null;
    }
    this.#loop = null;
  }

  async #write(group: Group): Promise<void> {
    if (this.#file === null) await this.#reopen();
    const base = this.#bases.at(-1) ?? 0;
    if (this.#durable - base >= this.#o.segmentBytes) await this.#roll();
    const file = this.#file as DiskFile;
    const offset = this.#durable - (this.#bases.at(-1) ?? 0);
    const bytes = group.buffer.subarray(0, group.used);
    for (let at = 0; at < bytes.length; ) at = finishFrame(bytes, at, this.#durable);
    await file.write(bytes, offset);
    await file.sync();
    this.#durable += bytes.length;
    this.#remember(group.entries);
  }

  #remember(entries: readonly Guarded[]): void {
    const base = this.#bases.at(-1) ?? 0;
    const ids = this.#ids.get(base) ?? new SegmentIds();
    this.#ids.set(base, ids);
    for (const entry of entries) if (entry.kind === 'record') ids.add(entry.log, entry.eventId);
  }

  /** Opens the current file and cuts off whatever an earlier failed write may have left behind its end. */
  async #reopen(): Promise<void> {
    const base = this.#bases.at(-1) ?? 0;
    const file = await this.#o.disk.open(segmentPath(this.#o.dir, base), 'update');
    try {
      if ((await file.size()) !== this.#durable - base) {
        await file.truncate(this.#durable - base);
        await file.sync();
      }
      await this.#o.disk.syncDir(this.#o.dir);
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    this.#file = file;
  }

  /** After a failed sync the cached pages say nothing about the disk; the file is read anew from its end. */
  async #abandonFile(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => undefined);
  }

  async #roll(): Promise<void> {
    const next = await this.#o.disk.open(segmentPath(this.#o.dir, this.#durable), 'update');
    await this.#o.disk.syncDir(this.#o.dir);
    await this.#file?.close();
    this.#file = next;
    this.#bases.push(this.#durable);
  }

  /**
   * Entries from `from` on, about `maxBytes` of them, never beyond {@link durable}.
   * @throws Failure `journal_corrupt` when bytes that were synced no longer check out.
   */
  async read(from: number, maxBytes = 4 * 2 ** 20): Promise<Journaled[]> {
    const entries: Journaled[] = [];
    if (from >= this.#durable) return entries;
    const at = this.#bases.findLastIndex((base) => base <= from);
    const base = this.#bases[at];
    if (base === undefined)
      throw new Failure('journal_corrupt', `Position ${from} is no longer in the journal.`);
    const end = Math.min(this.#bases[at + 1] ?? this.#durable, this.#durable);
    let want = Math.min(maxBytes, end - from);
    for (;;) {
      const bytes = Buffer.allocUnsafe(want);
      const got = await (await this.#reader(base)).read(bytes, from - base);
      let o = 0;
      while (o < got) {
        const frame = decodeFrame(bytes.subarray(0, got), o, from + o);
        if (!frame.ok) {
          if (frame.short && from + got < end) break;
          throw new Failure(
            'journal_corrupt',
            `${segmentPath(this.#o.dir, base)} is damaged at offset ${from + o - base}.`,
          );
        }
        entries.push(frame.entry);
        o = frame.end;
      }
      if (entries.length > 0) return entries;
      // The first frame is longer than what was read.
      want = Math.min(end - from, Math.max(want * 2, HEADER + bytes.readUInt32LE(4)));
    }
  }

  async #reader(base: number): Promise<DiskFile> {
    const known = this.#readers.get(base);
    if (known !== undefined) return known;
    const file = await this.#o.disk.open(segmentPath(this.#o.dir, base), 'read');
    this.#readers.set(base, file);
    return file;
  }

  /** Forgets the files that lie wholly before `position`, the slowest follower's. Their ids are kept. */
  release(position: number): Promise<void> {
    // One at a time: each checkpoint asks for it.
    this.#releasing = this.#releasing.catch(() => undefined).then(() => this.#release(position));
    return this.#releasing;
  }

  async #release(position: number): Promise<void> {
    while (this.#bases.length > 1 && (this.#bases[1] ?? Number.POSITIVE_INFINITY) <= position) {
      const base = this.#bases[0] ?? 0;
      await keepIds(this.#o.disk, this.#o.dir, base, this.#ids.get(base) ?? new SegmentIds());
      await this.#readers.get(base)?.close();
      this.#readers.delete(base);
      await this.#o.disk.remove(segmentPath(this.#o.dir, base));
      this.#bases.shift();
      this.#ids.delete(base);
      this.#idBases.push(base);
      await this.#forgetOldIds();
    }
  }

  /** A segment of 64 MiB holds at least 900 records, in practice about 100,000: keep what the window needs. */
  async #forgetOldIds(): Promise<void> {
    let ids = 0;
    for (let i = this.#idBases.length - 1; i >= 0; i--) {
      const path = idsPath(this.#o.dir, this.#idBases[i] ?? 0);
      if (ids >= this.#o.idWindow) {
        await this.#o.disk.remove(path);
        this.#idBases.splice(i, 1);
        continue;
      }
      const file = await this.#o.disk.open(path, 'read');
      ids += Math.floor((await file.size()) / 16);
      await file.close();
    }
  }

  /** Writes what is pending and closes the files. */
  async close(): Promise<void> {
    await this.#loop;
    await this.#releasing.catch(() => undefined);
    await this.#file?.close();
    for (const reader of this.#readers.values()) await reader.close();
    this.#readers.clear();
    this.#file = null;
  }
}
