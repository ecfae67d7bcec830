import { fromUtf8 } from '../hash/bytes.js';
import { parseCheckpoint } from '../note/checkpoint.js';
import { NoteError, parseNote } from '../note/note.js';
import { trustOf } from '../note/trusted.js';
import type { Policy } from '../witness/policy.js';
import { checkQuorum } from '../witness/quorum.js';
import { checkContinuation, type Published } from './continuation.js';
import type { Finding } from './findings.js';
import type { LogReport, LogSource } from './log.js';

const COSIGNED = 'checkpoint.cosigned';

/**
 * The newest checkpoint that the policy's quorum has cosigned: the published one or, on a log that grows faster than its
 * witnesses answer, `checkpoint.cosigned`, which the published one must continue.
 */
export async function checkWitnesses(
  source: LogSource,
  published: Published,
  policy: Policy,
  report: (finding: Finding) => void,
): Promise<Pick<LogReport, 'witnesses' | 'witnessed'>> {
  const { checkpoint: now, keys } = published;
  let path = 'checkpoint';
  try {
    const latest = checkQuorum(published.note, policy);
    if (latest.met) return { witnesses: latest.witnesses, witnessed: now.size };
    path = COSIGNED;
    const bytes = await source.read(path);
    const older = bytes === null ? null : checkQuorum(bytes, policy);
    if (bytes === null || older?.met !== true || trustOf(bytes, now.origin, keys).trust !== 'held') {
      report({ code: 'quorum_not_met', path: 'checkpoint', message: latest.detail });
      return { witnesses: latest.witnesses };
    }
    await checkContinuation(source, published, { note: fromUtf8(bytes) ?? '', path }, report);
    return { witnesses: older.witnesses, witnessed: parseCheckpoint(parseNote(bytes).text).size };
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    report({ code: 'checkpoint_invalid', path, message: error.message });
    return {};
  }
}
