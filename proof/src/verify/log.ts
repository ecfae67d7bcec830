import { toHex } from '../hash/bytes.js';
import { parseVkey } from '../note/note.js';
import type { FileReader } from '../tile/reader.js';
import type { Policy } from '../witness/policy.js';
import type { WitnessState } from '../witness/quorum.js';
import { checkContinuation, parseKept } from './continuation.js';
import { ERASURE_STREAM, ErasedSubjects } from './erasure.js';
import { checkExtraFiles } from './extra-files.js';
import { type Finding, leavesOpen } from './findings.js';
import { readHead } from './head.js';
import { readMinimum } from './minimum.js';
import { Walk } from './walk.js';
import { checkWitnesses } from './witnessed.js';

/** Where the files of one log are read from. `list` gives all paths, if that is possible. */
export interface LogSource {
  read: FileReader;
  list?(): Promise<string[]>;
}

/** A signed size may be any number: where nothing of the log is there, this many findings are enough. */
const MOST_FINDINGS = 10_000;

export interface VerifyOptions {
  /** `<tenant id>/<stream>`, where the log must be this one: its origin ends so. */
  readonly name?: string;
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

/**
 * Checks everything of one log, streaming: memory does not grow with it.
 * @throws NoteError when a key or the kept checkpoint of the caller's cannot be read; what `source` throws.
 */
export async function verifyLog(source: LogSource, options: VerifyOptions = {}): Promise<LogReport> {
  const kept = options.previousCheckpoint;
  const earlier = kept === undefined ? undefined : parseKept(kept);
  for (const vkey of options.vkeys ?? []) parseVkey(vkey);
  const findings: Finding[] = [];
  const report = (finding: Finding): void => void findings.push(finding);
  const isBroken = (): boolean => !findings.every(leavesOpen);
  const head = await readHead(source, options, report);
  if (head === null) {
    if (earlier !== undefined && earlier.size > 0 && !isBroken())
      report({
        code: 'not_a_continuation',
        path: 'checkpoint',
        index: 0,
        message: `The log has no checkpoint; an earlier one had ${earlier.size} entries.`,
      });
    const status = isBroken() ? 'tampered' : 'unknown';
    return { origin: '', size: 0, root: '', status, key: 'none', records: 0, counts: NONE, findings };
  }
  const { checkpoint, key, keys } = head;
  const { origin, size, root } = checkpoint;
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
  for await (const _ of walk.steps()) {
    options.onProgress?.(walk.done, size);
    if (findings.length >= MOST_FINDINGS) break;
  }
  if (!walk.holds && !isBroken())
    report({
      code: 'root_mismatch',
      path: 'checkpoint',
      message: 'The entries do not give the root that was signed.',
    });
  const seen = options.policy && (await checkWitnesses(source, head, options.policy, report));
  if (kept !== undefined) await checkContinuation(source, head, { note: kept, path: 'checkpoint' }, report);
  if (source.list !== undefined) await checkExtraFiles(source, await source.list(), walk, size, report);
  const status = isBroken() ? 'tampered' : findings.length > 0 || key === 'none' ? 'unknown' : 'verified';
  return {
    origin,
    size,
    root: toHex(root),
    status,
    key,
    records: walk.records,
    counts: status === 'verified' ? { verified: walk.records - erased, expired: walk.expired, erased } : NONE,
    ...(erasures === undefined || status !== 'verified' ? {} : { erasures }),
    ...seen,
    findings,
  };
}
