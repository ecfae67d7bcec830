import { fromUtf8, toHex } from '../hash/bytes.js';
import { consistencyPath } from '../merkle/compute.js';
import { verifyConsistency } from '../merkle/verify.js';
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.js';
import { NoteError, verifyNote } from '../note/note.js';
import { type FileReader, tileHashes } from '../tile/reader.js';
import type { Policy } from '../witness/policy.js';
import { checkQuorum, type WitnessState } from '../witness/quorum.js';
import { ERASURE_STREAM, ErasedSubjects } from './erasure.js';
import { checkExtraFiles } from './extra-files.js';
import type { Finding } from './findings.js';
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
  /** The witnesses of the policy that was given. */
  readonly witnesses?: readonly WitnessState[];
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
  const { checkpoint, key, keys, witnesses } = head;
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
  if (!walk.holds && findings.every((f) => f.code === 'quorum_not_met'))
    findings.push({
      code: 'root_mismatch',
      path: 'checkpoint',
      message: 'The entries do not give the root that was signed.',
    });
  await checkEarlier(source, checkpoint, options, findings);
  if (source.list !== undefined) await checkExtraFiles(source, await source.list(), walk, size, report);
  const broken = findings.some((f) => f.code !== 'quorum_not_met');
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
    ...(witnesses === undefined ? {} : { witnesses }),
    findings,
  };
}

interface SignedHead {
  readonly checkpoint: Checkpoint;
  readonly key: LogReport['key'];
  /** The verifier keys that were used. */
  readonly keys: readonly string[];
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
    const head = { checkpoint, keys, key: trusted.length > 0 ? ('trusted' as const) : ('own' as const) };
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
