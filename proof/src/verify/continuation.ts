import { toBase64 } from '../hash/bytes.js';
import { consistencyPath, treeRoot } from '../merkle/compute.js';
import { verifyConsistency } from '../merkle/verify.js';
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.js';
import { verifyNote } from '../note/note.js';
import { TileError, tileHashes } from '../tile/reader.js';
import type { Finding, ForkEvidence } from './findings.js';
import type { LogSource } from './log.js';

/** A checkpoint as it was published, and the keys that it was found to be signed with. */
export interface Published {
  readonly checkpoint: Checkpoint;
  readonly note: string;
  readonly keys: readonly string[];
}

/** A checkpoint of an earlier time, and the file that a difference is reported at. */
export interface Kept {
  readonly note: string;
  readonly path: string;
}

/**
 * The checkpoint in a note kept from earlier, or in the text of one.
 * @throws NoteError `malformed_note`
 */
export const parseKept = (kept: string): Checkpoint =>
  parseCheckpoint(kept.slice(0, Math.max(kept.lastIndexOf('\n\n') + 1, 0)) || kept);

/** The tree of a checkpoint kept elsewhere must be a prefix of the published one: finds a cut tail and a fork. */
export async function checkContinuation(
  source: LogSource,
  published: Published,
  { note: kept, path: file }: Kept,
  report: (finding: Finding) => void,
): Promise<void> {
  const now = published.checkpoint;
  const earlier = parseKept(kept);
  const tell = (message: string): void =>
    report({ code: 'not_a_continuation', path: file, index: now.size, message });
  if (earlier.origin !== now.origin) return tell('The kept checkpoint is of another log.');
  if (earlier.size > now.size)
    return tell(
      `The log ends at ${now.size}; an earlier checkpoint had ${earlier.size}: its tail was removed.`,
    );
  if (earlier.size === 0) return;
  try {
    const hashes = tileHashes(now.size, source.read);
    const path = await consistencyPath(earlier.size, now.size, hashes);
    const proof = { size1: earlier.size, size2: now.size, root2: now.root, path };
    if (verifyConsistency({ ...proof, root1: earlier.root })) return;
    const message = `The log does not continue the earlier checkpoint of size ${earlier.size}: its history was changed.`;
    const root1 = await treeRoot(earlier.size, hashes);
    // Only where the tiles themselves hold can anybody follow the proof.
    if (!verifyConsistency({ ...proof, root1 }) || !isSigned(kept, published.keys)) return tell(message);
    const root = toBase64(root1);
    const evidence: ForkEvidence = { kept, published: published.note, root, path: path.map(toBase64) };
    report({ code: 'fork', path: file, index: earlier.size, message, evidence });
  } catch (error) {
    if (!(error instanceof TileError)) throw error;
    const message = 'Without this tile the log cannot be compared with the kept checkpoint.';
    report({ code: 'tile_missing', path: error.message, message });
  }
}

function isSigned(note: string, keys: readonly string[]): boolean {
  try {
    return verifyNote(note, keys).verifiedBy.length > 0;
  } catch {
    return false;
  }
}
