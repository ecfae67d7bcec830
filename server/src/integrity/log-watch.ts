import { join } from 'node:path';
import {
  bundlePath,
  decodeBundle,
  equalBytes,
  eventIdIn,
  type Finding,
  type Frontier,
  parsePath,
  START,
  sha256,
  TILE_WIDTH,
  toHex,
  Walk,
} from '@prooflog/proof';
import type { LogName } from '../event/stages.js';
import type { Head } from '../ledger/heads.js';
import type { Found } from './findings.js';
import { checkHeadFiles } from './head-files.js';
import { mayBeGone, readerOf, type Scene, type Steps } from './scene.js';
import { checkUnexpected, indexOf } from './unexpected.js';

const ROWS = 256;

/** The checks of one log, and what was seen of it before: never more than a tile of each level. */
export class LogWatch {
  readonly log: LogName;
  readonly #scene: Scene;
  /** Proven against a head: newly sealed entries are checked from here on. Null until a round held. */
  #frontier: Frontier | null;
  /** The last that was proven, also when the files before it were damaged since. */
  #known: Frontier = START;
  /** Leaf hashes of the incomplete bundle as last proven, with the number of that bundle. */
  #tail: { bundle: number; hashes: readonly Uint8Array[] } = { bundle: 0, hashes: [] };
  /** Entries that are behind the round under way. */
  position = 0;
  /** Entries that the last check of newly sealed ones reached. */
  #fresh = 0;
  #tidied = false;

  /** @param isNew the log had no entries when the program started. */
  constructor(scene: Scene, log: LogName, isNew: boolean) {
    this.#scene = scene;
    this.log = log;
    this.#frontier = isNew ? START : null;
  }

  /** Whether there is something newly sealed that can be checked without going through the whole log. */
  get hasFresh(): boolean {
    return this.#frontier !== null && (this.#scene.heads.get(this.log)?.size ?? 0) > this.#fresh;
  }

  /** Entries sealed since the last check, from the last full bundle that was proven. */
  async *fresh(): Steps {
    const head = this.#scene.heads.get(this.log);
    if (head === undefined || this.#frontier === null) return;
    this.#fresh = head.size;
    yield* this.#walk(head, this.#frontier, () => undefined);
  }

  /** Names and sizes of the sealed files against the manifest, without reading them. */
  async *manifest(): Steps {
    const [scene, log] = [this.#scene, this.log];
    for (let after = ''; ; ) {
      const rows = await scene.manifest.page(log, after, ROWS);
      for (const row of rows) {
        const size = await scene.files.size(join(scene.dir, log, row.path));
        if (size === null && this.#expired(row.path)) continue;
        if (size !== row.bytes)
          await this.#report({
            code: size === null ? 'file_missing' : 'file_altered',
            path: row.path,
            ...indexOf(row.path),
          });
      }
      yield 'work';
      if (rows.length < ROWS) return;
      after = rows.at(-1)?.path ?? after;
    }
  }

  #expired(path: string): boolean {
    const parsed = parsePath(path);
    return parsed?.kind === 'entries' && mayBeGone(this.#scene, this.log, (parsed.index + 1) * TILE_WIDTH);
  }

  /** What should not be there. @returns false when some of it could not be judged. */
  async *unexpected(): Steps<boolean> {
    // What a crash left behind cannot be told from what somebody gave such a name: at the first look both go.
    const tidy = !this.#tidied;
    const all = yield* checkUnexpected(
      { ...this.#scene, report: (_, found) => this.#report(found) },
      this.log,
      tidy,
    );
    this.#tidied ||= all;
    return all;
  }

  /** Everything of the log as it is now. @returns the size gone through, or null when a part had to be left out. */
  async *round(): Steps<number | null> {
    const head = this.#scene.heads.get(this.log);
    if (head === undefined) return null;
    this.position = 0;
    yield* this.#walk(head, START, (done) => {
      this.position = done;
    });
    const heads = yield* checkHeadFiles(this.#scene, this.log);
    const names = yield* this.unexpected();
    return heads && names ? head.size : null;
  }

  async *#walk(head: Head, from: Frontier, progress: (done: number) => void): Steps {
    const found: Finding[] = [];
    const walk = new Walk({
      read: readerOf(this.#scene, this.log),
      size: head.size,
      root: head.root,
      from,
      known: this.#known,
      report: (finding) => void found.push(finding),
      intact: (path, bytes) => this.#intact(path, bytes),
      expired: async (end) => mayBeGone(this.#scene, this.log, end),
    });
    for await (const _ of walk.steps()) {
      progress(walk.done);
      for (const finding of found.splice(0)) await this.#report(finding);
      yield 'work';
    }
    for (const finding of found.splice(0)) await this.#report(finding);
    if (!walk.holds && !walk.doubtful) await this.#report(this.#resealedTail(head, walk));
    // Where the root does not hold, nothing can be continued; the next round tells whether it was mended.
    this.#frontier = walk.holds ? walk.frontier : null;
    if (!walk.holds) return;
    this.#known = walk.frontier;
    this.#tail = { bundle: Math.floor(head.size / TILE_WIDTH), hashes: walk.tail };
  }

  async #intact(path: string, bytes: Uint8Array): Promise<boolean | undefined> {
    const row = await this.#scene.manifest.get(this.log, path);
    return row === undefined ? undefined : equalBytes(row.sha256, sha256(bytes));
  }

  /** All full files are what they were and yet the root is another: the incomplete bundle was sealed anew. */
  #resealedTail(head: Head, walk: Walk): Found {
    const bundle = Math.floor(head.size / TILE_WIDTH);
    const width = head.size % TILE_WIDTH;
    const seen = this.#tail.bundle === bundle ? this.#tail.hashes : [];
    const differs = seen.findIndex((hash, i) => toHex(hash) !== toHex(walk.tail[i] ?? new Uint8Array()));
    if (width === 0) return { code: 'root_mismatch', path: bundlePath(bundle - 1), index: 0 };
    return {
      code: 'root_mismatch',
      path: bundlePath(bundle, width),
      index: bundle * TILE_WIDTH + (differs >= 0 ? differs : seen.length),
    };
  }

  async #report(found: Found): Promise<void> {
    const eventId =
      found.eventId ?? (found.index === undefined ? undefined : await this.#eventAt(found.index));
    const { code, path, index } = found;
    await this.#scene.report(this.log, {
      code,
      path,
      ...(index === undefined ? {} : { index }),
      ...(eventId === undefined ? {} : { eventId }),
    });
  }

  /** Event id of an entry, out of its bundle: for findings in files that hold none. */
  async #eventAt(index: number): Promise<string | undefined> {
    const size = this.#scene.heads.get(this.log)?.size ?? 0;
    const bundle = Math.floor(index / TILE_WIDTH);
    const width = bundle < Math.floor(size / TILE_WIDTH) ? TILE_WIDTH : size % TILE_WIDTH;
    const read = readerOf(this.#scene, this.log);
    try {
      const bytes = (await read(bundlePath(bundle, width))) ?? (await read(bundlePath(bundle)));
      const entry = decodeBundle(bytes ?? new Uint8Array())[index % TILE_WIDTH];
      return entry === undefined ? undefined : eventIdIn(entry);
    } catch {
      return undefined;
    }
  }
}
