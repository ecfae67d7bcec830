import { fromUtf8, toHex } from '../hash/bytes.js';
import { consistencyPath } from '../merkle/compute.js';
import { verifyConsistency } from '../merkle/verify.js';
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.js';
import { NoteError, parseNote } from '../note/note.js';
import { anotherKey, trustOf } from '../note/trusted.js';
import { type FileReader, tileHashes } from '../tile/reader.js';
import type { Policy } from '../witness/policy.js';
import { checkQuorum, type WitnessState } from '../witness/quorum.js';
import { ERASURE_STREAM, ErasedSubjects } from './erasure.js';
import { checkExtraFiles } from './extra-files.js';
import { type Finding, leavesOpen } from './findings.js';
import { readMinimum } from './minimum.js';
import { Walk } from './walk.js';

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
  /** Proven erasures of the tenant this origin belongs to; without them no record is told to be erased. */
  readonly erased?: (origin: string) => ErasedSubjects | undefined;
  readonly onProgress?: (done: number, size: number) => void;
}

export interface LogReport {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly status: 'verified' | 'tampered' | 'unknown';
  /** `trusted`: a key of the caller's; `own`: the key that lies beside the log. */
  readonly key: 'trusted' | 'own' | 'none';
  /** Records that were read, those inside blocks included. */
  readonly records: number;
  /** All zero unless the log is verified. */
  readonly counts: LogCounts;
  /** Of the log in which erasures are recorded, when it is verified: whose were. */
  readonly erasures?: ErasedSubjects;
  /** The witnesses of the policy that was given, and how many entries those that are enough cover. */
  readonly witnesses?: readonly WitnessState[];
  readonly witnessed?: number;
  readonly findings: readonly Finding[];
}

export interface LogCounts {
  /** Records whose bytes are here and name nobody who was erased. */
  readonly verified: number;
  /** Entries whose bytes are rightly gone; the tiles still bind them. A block counts as one. */
  readonly expired: number;
  /** Records as they were sealed, of people whose erasure is proven. */
  readonly erased: number;
}

const NONE: LogCounts = { verified: 0, expired: 0, erased: 0 };

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
      counts: NONE,
      findings,
    };
  const { checkpoint, key, keys } = head;
  const { origin, size, root } = checkpoint;
  const report = (finding: Finding): void => void findings.push(finding);
  const minimum = await readMinimum(source.read, checkpoint, keys, report);
  const erasures = origin.endsWith(`/${ERASURE_STREAM}`) ? new ErasedSubjects() : undefined;
  const known = options.erased?.(origin);
  let erased = 0;
  const walk = new Walk({
    read: source.read,
    size,
    root,
    report,
    // More may expire while a running server is read.
    expired: async (end) =>
      end <= minimum || end <= (await readMinimum(source.read, checkpoint, keys, () => undefined)),
    onRecord: (bytes) => {
      erasures?.learn(bytes);
      if (known?.concern(bytes)) erased += 1;
    },
  });
  for await (const _ of walk.steps()) options.onProgress?.(walk.done, size);
  if (!walk.holds && findings.every(leavesOpen))
    findings.push({
      code: 'root_mismatch',
      path: 'checkpoint',
      message: 'The entries do not give the root that was signed.',
    });
  const { previousCheckpoint: kept, policy } = options;
  if (kept !== undefined) await checkEarlier(source, checkpoint, earlierOf(kept), 'checkpoint', findings);
  const seen = policy && (await checkWitnesses(source, checkpoint, keys, policy, findings));
  if (source.list !== undefined) await checkExtraFiles(source, await source.list(), walk, size, report);
  const broken = !findings.every(leavesOpen);
  const status = broken ? 'tampered' : findings.length > 0 || key === 'none' ? 'unknown' : 'verified';
  return {
    origin: checkpoint.origin,
    size: checkpoint.size,
    root: toHex(checkpoint.root),
    status,
    key,
    records: walk.records,
    counts: status === 'verified' ? { verified: walk.records - erased, expired: walk.expired, erased } : NONE,
    ...(erasures === undefined || status !== 'verified' ? {} : { erasures }),
    ...seen,
    findings,
  };
}

interface SignedHead {
  readonly checkpoint: Checkpoint;
  readonly key: LogReport['key'];
  /** That the signature was held against. */
  readonly keys: readonly string[];
}

async function readHead(
  source: LogSource,
  options: VerifyOptions,
  findings: Finding[],
): Promise<SignedHead | null> {
  const bytes = await source.read('checkpoint');
  if (bytes === null) return null;
  const trusted = [...(options.vkeys ?? []), ...(options.policy?.logs.map((log) => log.vkey) ?? [])];
  const beside = fromUtf8((await source.read('vkey')) ?? new Uint8Array()) ?? '';
  const own = beside.split('\n').filter((line) => line !== '');
  try {
    const checkpoint = parseCheckpoint(parseNote(bytes).text);
    const keys = trusted.length > 0 ? trusted : own;
    const { trust } = trustOf(bytes, checkpoint.origin, keys);
    // The keys beside the log must be those that sign; a key from elsewhere may be of an earlier time.
    if (trust === 'none' || (trust === 'another key' && trusted.length === 0))
      throw new NoteError('no_known_signature', 'None of the signatures is by a key of this log.');
    if (trust === 'another key')
      findings.push({ code: 'key_unknown', path: 'checkpoint', message: anotherKey('The checkpoint') });
    const key = trust !== 'held' ? 'none' : trusted.length > 0 ? 'trusted' : 'own';
    return { checkpoint, key, keys };
  } catch (error) {
    const message = error instanceof NoteError ? error.message : 'The checkpoint cannot be read.';
    findings.push({ code: 'checkpoint_invalid', path: 'checkpoint', message });
    return null;
  }
}

/** Of a whole note, or of its text alone. */
const earlierOf = (kept: string): Checkpoint =>
  parseCheckpoint(kept.slice(0, Math.max(kept.lastIndexOf('\n\n') + 1, 0)) || kept);

/**
 * The newest checkpoint that the policy's quorum has cosigned: the published one or, on a log that grows faster than its
 * witnesses answer, `checkpoint.cosigned`, which the published one must continue.
 */
async function checkWitnesses(
  source: LogSource,
  now: Checkpoint,
  keys: readonly string[],
  policy: Policy,
  findings: Finding[],
): Promise<Pick<LogReport, 'witnesses' | 'witnessed'>> {
  let path = 'checkpoint';
  try {
    const latest = checkQuorum((await source.read(path)) ?? new Uint8Array(), policy);
    if (latest.met) return { witnesses: latest.witnesses, witnessed: now.size };
    path = 'checkpoint.cosigned';
    const bytes = await source.read(path);
    const older = bytes === null ? null : checkQuorum(bytes, policy);
    if (bytes === null || older?.met !== true || trustOf(bytes, now.origin, keys).trust !== 'held') {
      findings.push({ code: 'quorum_not_met', path: 'checkpoint', message: latest.detail });
      return { witnesses: latest.witnesses };
    }
    const earlier = parseCheckpoint(parseNote(bytes).text);
    await checkEarlier(source, now, earlier, path, findings);
    return { witnesses: older.witnesses, witnessed: earlier.size };
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    findings.push({ code: 'checkpoint_invalid', path, message: error.message });
    return {};
  }
}

/** The tree of a checkpoint kept elsewhere must be a prefix of this one: finds a cut tail and a fork. */
async function checkEarlier(
  source: LogSource,
  now: Checkpoint,
  earlier: Checkpoint,
  file: string,
  findings: Finding[],
): Promise<void> {
  const report = (message: string): void =>
    void findings.push({ code: 'not_a_continuation', path: file, index: now.size, message });
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
