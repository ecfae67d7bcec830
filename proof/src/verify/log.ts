import { equalBytes, fromUtf8, toHex } from '../hash/bytes.js';
import { EMPTY_ROOT, leafHash } from '../hash/tree-hash.js';
import { consistencyPath, rootOfLeafHashes } from '../merkle/compute.js';
import { verifyConsistency } from '../merkle/verify.js';
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.js';
import { NoteError, verifyNote } from '../note/note.js';
import { decodeBundle } from '../tile/bundle.js';
import { bundlePath, TILE_WIDTH, tilePath } from '../tile/paths.js';
import { type FileReader, splitHashes, tileHashes } from '../tile/reader.js';
import type { Policy } from '../witness/policy.js';
import { checkQuorum, type WitnessState } from '../witness/quorum.js';
import { checkBlock } from './block.js';
import { checkExtraFiles } from './extra-files.js';
import { eventIdIn, type Finding } from './findings.js';

/** Where the files of one log are read from. `list` gives all paths, if that is possible. */
export interface LogSource {
  read: FileReader;
  list?(): Promise<string[]>;
}

export interface VerifyOptions {
  /** Keys the caller trusts. The log's own `vkey` file is used only when this is empty. */
  readonly vkeys?: readonly string[];
  /** A checkpoint kept from earlier: the log must have grown from it. */
  readonly previousCheckpoint?: string;
  /**
   * Whose cosignatures the checkpoint must carry. The logs it names are trusted as `vkeys` are; without its quorum
   * the log is not verified, and not called tampered with for that alone.
   */
  readonly policy?: Policy;
  readonly onProgress?: (done: number, size: number) => void;
}

export interface LogReport {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly status: 'verified' | 'tampered' | 'unknown';
  /** `trusted`: a key of the caller's; `own`: the key that lies beside the log. */
  readonly key: 'trusted' | 'own' | 'none';
  /** Leaves, and records inside them. */
  readonly records: number;
  /** The witnesses of the policy that was given. */
  readonly witnesses?: readonly WitnessState[];
  readonly findings: readonly Finding[];
}

const ZERO = '0'.repeat(64);

/** Checks everything of one log, streaming: memory does not grow with it. */
export async function verifyLog(source: LogSource, options: VerifyOptions = {}): Promise<LogReport> {
  const findings: Finding[] = [];
  const head = await readHead(source, options, findings);
  if (head === null)
    return {
      origin: '',
      size: 0,
      root: '',
      status: findings.length > 0 ? 'tampered' : 'unknown',
      key: 'none',
      records: 0,
      findings,
    };
  const { checkpoint, key, witnesses } = head;
  const walk = new Walk(source, checkpoint.size, findings, options.onProgress);
  const root = await walk.run();
  if (!equalBytes(root, checkpoint.root) && findings.every((f) => f.code === 'quorum_not_met'))
    findings.push({
      code: 'root_mismatch',
      path: 'checkpoint',
      message: 'The entries do not give the root that was signed.',
    });
  await checkEarlier(source, checkpoint, options, findings);
  if (source.list !== undefined)
    await checkExtraFiles(source, await source.list(), checkpoint.size, findings);
  const broken = findings.some((f) => f.code !== 'quorum_not_met');
  const status = broken ? 'tampered' : findings.length > 0 || key === 'none' ? 'unknown' : 'verified';
  return {
    origin: checkpoint.origin,
    size: checkpoint.size,
    root: toHex(checkpoint.root),
    status,
    key,
    records: walk.records,
    ...(witnesses === undefined ? {} : { witnesses }),
    findings,
  };
}

interface SignedHead {
  readonly checkpoint: Checkpoint;
  readonly key: LogReport['key'];
  readonly witnesses?: readonly WitnessState[];
}

async function readHead(
  source: LogSource,
  options: VerifyOptions,
  findings: Finding[],
): Promise<SignedHead | null> {
  const bytes = await source.read('checkpoint');
  if (bytes === null) return null;
  const trusted = [...(options.vkeys ?? []), ...(options.policy?.logs.map((log) => log.vkey) ?? [])];
  const beside = fromUtf8((await source.read('vkey')) ?? new Uint8Array())?.replace(/\n$/, '') ?? '';
  const keys = trusted.length > 0 ? trusted : beside === '' ? [] : [beside];
  try {
    const note = verifyNote(bytes, keys);
    const checkpoint = parseCheckpoint(note.text);
    if (!note.verifiedBy.includes(checkpoint.origin))
      throw new NoteError('no_known_signature', 'The key is not the key of this log.');
    const head = { checkpoint, key: trusted.length > 0 ? ('trusted' as const) : ('own' as const) };
    if (options.policy === undefined) return head;
    const verdict = checkQuorum(bytes, options.policy);
    if (!verdict.met) findings.push({ code: 'quorum_not_met', path: 'checkpoint', message: verdict.detail });
    return { ...head, witnesses: verdict.witnesses };
  } catch (error) {
    const message = error instanceof NoteError ? error.message : 'The checkpoint cannot be read.';
    findings.push({ code: 'checkpoint_invalid', path: 'checkpoint', message });
    return null;
  }
}

/** The tree of a checkpoint kept elsewhere must be a prefix of this one: finds a cut tail and a fork. */
async function checkEarlier(
  source: LogSource,
  now: Checkpoint,
  options: VerifyOptions,
  findings: Finding[],
): Promise<void> {
  if (options.previousCheckpoint === undefined) return;
  const kept = options.previousCheckpoint;
  const earlier = parseCheckpoint(kept.slice(0, Math.max(kept.lastIndexOf('\n\n') + 1, 0)) || kept);
  const report = (message: string): void =>
    void findings.push({ code: 'not_a_continuation', path: 'checkpoint', index: now.size, message });
  if (earlier.origin !== now.origin) return report('The kept checkpoint is of another log.');
  if (earlier.size > now.size)
    return report(
      `The log ends at ${now.size}; an earlier checkpoint had ${earlier.size}: its tail was removed.`,
    );
  if (earlier.size === 0) return;
  const path = await consistencyPath(earlier.size, now.size, tileHashes(now.size, source.read));
  const grown = verifyConsistency({
    size1: earlier.size,
    size2: now.size,
    root1: earlier.root,
    root2: now.root,
    path,
  });
  if (!grown)
    report(
      `The log does not continue the earlier checkpoint of size ${earlier.size}: its history was changed.`,
    );
}

/** One pass over bundles and tiles, recomputing every hash. */
class Walk {
  records = 0;
  readonly #source: LogSource;
  readonly #size: number;
  readonly #findings: Finding[];
  readonly #onProgress: ((done: number, size: number) => void) | undefined;
  /** Recomputed hashes of the tile under way, per level. */
  readonly #levels: Uint8Array[][] = [[]];
  #prev = ZERO;

  constructor(
    source: LogSource,
    size: number,
    findings: Finding[],
    onProgress?: (done: number, size: number) => void,
  ) {
    this.#source = source;
    this.#size = size;
    this.#findings = findings;
    this.#onProgress = onProgress;
  }

  async run(): Promise<Uint8Array> {
    for (let first = 0, bundle = 0; first < this.#size; first += TILE_WIDTH, bundle++) {
      await this.#bundle(bundle, Math.min(TILE_WIDTH, this.#size - first));
      this.#onProgress?.(Math.min(first + TILE_WIDTH, this.#size), this.#size);
    }
    return this.#root();
  }

  /** A partial file may meanwhile have grown into the full one. */
  async #read(
    width: number,
    path: (width?: number) => string,
  ): Promise<{ path: string; bytes: Uint8Array | null }> {
    const exact = path(width);
    const bytes = await this.#source.read(exact);
    if (bytes !== null || width === TILE_WIDTH) return { path: exact, bytes };
    return { path: exact, bytes: await this.#source.read(path()) };
  }

  async #bundle(index: number, width: number): Promise<void> {
    const file = await this.#read(width, (w) => bundlePath(index, w));
    const tile = await this.#read(width, (w) => tilePath(0, index, w));
    const first = index * TILE_WIDTH;
    const stored = tile.bytes === null ? [] : splitHashes(tile.bytes).slice(0, width);
    if (stored.length < width || (tile.bytes !== null && tile.bytes.length % 32 !== 0))
      this.#report(
        'tile_missing',
        tile.path,
        first,
        tile.bytes === null ? 'The tile is missing.' : 'The tile is cut off.',
      );
    const entries = this.#entries(file, first, width);
    const hashes: Uint8Array[] = [];
    for (let i = 0; i < width; i++) {
      const entry = entries[i];
      const hash = entry === undefined ? (stored[i] ?? EMPTY_ROOT) : leafHash(entry);
      if (entry !== undefined) await this.#entry(entry, first + i, hash, file.path, stored[i]);
      hashes.push(hash);
      this.#prev = toHex(hash);
    }
    await this.#settle(index, width, hashes, stored, entries, file.path, tile.path);
  }

  #entries(file: { path: string; bytes: Uint8Array | null }, first: number, width: number): Uint8Array[] {
    try {
      if (file.bytes === null) throw new Error('missing');
      const entries = decodeBundle(file.bytes);
      if (entries.length < width || (file.path.includes('.p/') === false && entries.length !== TILE_WIDTH))
        throw new Error('short');
      return entries.slice(0, width);
    } catch {
      this.#report(
        'bundle_broken',
        file.path,
        first,
        file.bytes === null
          ? 'The bundle of entries is missing.'
          : 'The bundle of entries cannot be taken apart.',
      );
      return [];
    }
  }

  async #entry(
    entry: Uint8Array,
    index: number,
    hash: Uint8Array,
    path: string,
    stored: Uint8Array | undefined,
  ): Promise<void> {
    const text = fromUtf8(entry) ?? '';
    const intact = stored === undefined || equalBytes(stored, hash);
    if (intact && !text.includes(`"integrity":{"prev_hash":"${this.#prev}"}`))
      this.#report(
        'chain_broken',
        path,
        index,
        'The entry does not name the hash of the entry before it.',
        entry,
      );
    if (!text.startsWith('{"block":{')) this.records += 1;
    else this.records += await checkBlock(this.#source.read, text, index, this.#findings);
  }

  /** Which of the two is wrong where bundle and tile disagree? The hash above, if there is one, decides. */
  async #settle(
    index: number,
    width: number,
    hashes: Uint8Array[],
    stored: Uint8Array[],
    entries: Uint8Array[],
    bundleFile: string,
    tileFile: string,
  ): Promise<void> {
    const bad = hashes.findIndex((hash, i) => stored[i] !== undefined && !equalBytes(hash, stored[i]));
    let believed = hashes;
    if (bad >= 0) {
      const leaf = index * TILE_WIDTH + bad;
      const tileHolds = await this.#tileHolds(index, width, hashes, stored);
      if (tileHolds)
        this.#report('entry_altered', bundleFile, leaf, 'The entry is not what was sealed.', entries[bad]);
      else
        this.#report(
          'tile_altered',
          tileFile,
          leaf,
          'The hash in the tile is not the hash of the entry.',
          entries[bad],
        );
      if (tileHolds && stored.length === width) believed = stored;
      this.#prev = toHex(believed.at(-1) ?? EMPTY_ROOT);
    }
    for (const hash of believed) this.#levels[0]?.push(hash);
    if (width === TILE_WIDTH) await this.#up(0, index);
  }

  async #tileHolds(
    index: number,
    width: number,
    hashes: Uint8Array[],
    stored: Uint8Array[],
  ): Promise<boolean> {
    if (stored.length < width) return false;
    const size = Math.floor(this.#size / TILE_WIDTH);
    if (width === TILE_WIDTH) {
      const parentIndex = Math.floor(index / TILE_WIDTH);
      const parentWidth = Math.min(TILE_WIDTH, size - parentIndex * TILE_WIDTH);
      const parent = await this.#read(parentWidth, (w) => tilePath(1, parentIndex, w));
      const at = (index % TILE_WIDTH) * 32;
      const above = parent.bytes?.subarray(at, at + 32);
      return above === undefined || !equalBytes(above, rootOfLeafHashes(hashes));
    }
    // The last tile has nothing above it but the root itself.
    return !equalBytes(await this.#rootWith(hashes), await this.#signedRoot());
  }

  async #signedRoot(): Promise<Uint8Array> {
    const text = fromUtf8((await this.#source.read('checkpoint')) ?? new Uint8Array()) ?? '';
    return parseCheckpoint(text.slice(0, text.lastIndexOf('\n\n') + 1)).root;
  }

  async #rootWith(last: Uint8Array[]): Promise<Uint8Array> {
    const levels = this.#levels.map((level, i) => (i === 0 ? [...level, ...last] : level));
    return combine(levels);
  }

  /** The tile of `level` is complete: compare the tile above as soon as it is complete too. */
  async #up(level: number, index: number): Promise<void> {
    const hashes = this.#levels[level] ?? [];
    this.#levels[level] = [];
    this.#levels[level + 1] ??= [];
    this.#levels[level + 1]?.push(rootOfLeafHashes(hashes));
    const above = this.#levels[level + 1] ?? [];
    const parent = Math.floor(index / TILE_WIDTH);
    if (above.length === TILE_WIDTH) {
      await this.#compare(level + 1, parent, above);
      await this.#up(level + 1, parent);
    }
  }

  async #compare(level: number, index: number, hashes: readonly Uint8Array[]): Promise<void> {
    const file = await this.#read(hashes.length, (w) => tilePath(level, index, w));
    const stored = file.bytes === null ? [] : splitHashes(file.bytes);
    const bad = hashes.findIndex((hash, i) => stored[i] === undefined || !equalBytes(hash, stored[i]));
    const span = TILE_WIDTH ** level;
    if (bad >= 0)
      this.#report(
        file.bytes === null ? 'tile_missing' : 'tile_altered',
        file.path,
        (index * TILE_WIDTH + bad) * span,
        `The tile does not fit the ${span} entries from here on.`,
      );
  }

  async #root(): Promise<Uint8Array> {
    for (let level = 1; level < this.#levels.length; level++) {
      const hashes = this.#levels[level] ?? [];
      if (hashes.length > 0)
        await this.#compare(level, Math.floor(this.#size / TILE_WIDTH ** (level + 1)), hashes);
    }
    return combine(this.#levels);
  }

  #report(code: Finding['code'], path: string, index: number, message: string, entry?: Uint8Array): void {
    const eventId = entry === undefined ? undefined : eventIdIn(entry);
    this.#findings.push({ code, path, index, ...(eventId === undefined ? {} : { eventId }), message });
  }
}

function combine(levels: readonly (readonly Uint8Array[])[]): Uint8Array {
  let carry: Uint8Array | null = null;
  for (const level of levels) {
    const hashes: readonly Uint8Array[] = carry === null ? level : [...level, carry];
    if (hashes.length > 0) carry = rootOfLeafHashes(hashes);
  }
  return carry ?? EMPTY_ROOT;
}
