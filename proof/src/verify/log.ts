import { fromUtf8, toHex } from '../hash/bytes.js';
import { parseCheckpoint } from '../note/checkpoint.js';
import { formatNote, NoteError, parseVkey, verifyNote } from '../note/note.js';
import type { FileReader } from '../tile/reader.js';
import type { Policy } from '../witness/policy.js';
import { checkQuorum, type WitnessState } from '../witness/quorum.js';
import { checkContinuation, type Published, parseKept } from './continuation.js';
import { checkExtraFiles } from './extra-files.js';
import type { Finding, FindingCode } from './findings.js';
import { Walk } from './walk.js';

/** Where the files of one log are read from. `list` gives all paths, if that is possible. */
export interface LogSource {
  read: FileReader;
  list?(): Promise<string[]>;
}

/** Findings that leave the question open; every other one answers it. */
const OPEN: readonly FindingCode[] = ['checkpoint_missing', 'quorum_not_met'];

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
  const isBroken = (): boolean => findings.some((f) => !OPEN.includes(f.code));
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
    return { origin: '', size: 0, root: '', status, key: 'none', records: 0, findings };
  }
  const { checkpoint, key, witnesses } = head;
  const { size, root } = checkpoint;
  const walk = new Walk({ read: source.read, size, root, report });
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
  if (kept !== undefined) await checkContinuation(source, head, kept, report);
  if (source.list !== undefined) await checkExtraFiles(source, await source.list(), walk, size, report);
  return {
    origin: checkpoint.origin,
    size,
    root: toHex(root),
    status: isBroken() ? 'tampered' : findings.length > 0 ? 'unknown' : 'verified',
    key,
    records: walk.records,
    ...(witnesses === undefined ? {} : { witnesses }),
    findings,
  };
}

interface SignedHead extends Published {
  readonly key: LogReport['key'];
  readonly witnesses?: readonly WitnessState[];
}

async function readHead(
  source: LogSource,
  options: VerifyOptions,
  report: (finding: Finding) => void,
): Promise<SignedHead | null> {
  const bytes = await source.read('checkpoint');
  if (bytes === null) {
    // Before the first one a crash may have left tiles; nothing in the log itself tells whether one was there.
    report({ code: 'checkpoint_missing', path: 'checkpoint', message: 'There is no checkpoint.' });
    return null;
  }
  const trusted = [...(options.vkeys ?? []), ...(options.policy?.logs.map((log) => log.vkey) ?? [])];
  const beside = fromUtf8((await source.read('vkey')) ?? new Uint8Array())?.replace(/\n$/, '') ?? '';
  const keys = trusted.length > 0 ? trusted : beside === '' ? [] : [beside];
  try {
    const note = verifyNote(bytes, keys);
    const checkpoint = parseCheckpoint(note.text);
    if (!note.verifiedBy.includes(checkpoint.origin))
      throw new NoteError('no_known_signature', 'The key is not the key of this log.');
    if (options.name !== undefined && !checkpoint.origin.endsWith(`/${options.name}`))
      throw new NoteError('no_known_signature', 'This is another log than the one that should be here.');
    const head: SignedHead = {
      checkpoint,
      note: formatNote(note),
      keys,
      key: trusted.length > 0 ? 'trusted' : 'own',
    };
    if (options.policy === undefined) return head;
    const verdict = checkQuorum(bytes, options.policy);
    if (!verdict.met) report({ code: 'quorum_not_met', path: 'checkpoint', message: verdict.detail });
    return { ...head, witnesses: verdict.witnesses };
  } catch (error) {
    const message = error instanceof NoteError ? error.message : 'The checkpoint cannot be read.';
    report({ code: 'checkpoint_invalid', path: 'checkpoint', message });
    return null;
  }
}
