import type { Checkpoint } from '../note/checkpoint.js';
import { parseMinimumIndex } from '../note/minimum-index.js';
import { NoteError, verifyNote } from '../note/note.js';
import type { FileReader } from '../tile/reader.js';
import type { Finding } from './findings.js';

/**
 * The `minimum-index` of a log: signed by the log's own key for its own origin, and not beyond the checkpoint.
 * @returns its index, or 0 when there is none that holds; `report` is told why.
 */
export async function readMinimum(
  read: FileReader,
  { origin, size }: Checkpoint,
  vkeys: readonly string[],
  report: (finding: Finding) => void,
): Promise<number> {
  const bytes = await read('minimum-index');
  if (bytes === null) return 0;
  try {
    const note = verifyNote(bytes, vkeys);
    const minimum = parseMinimumIndex(note.text);
    if (minimum.origin !== origin || !note.verifiedBy.includes(origin))
      throw new NoteError('malformed_note', 'The minimum index is of another log.');
    if (minimum.index > size)
      throw new NoteError('malformed_note', 'The minimum index lies beyond the end of the log.');
    return minimum.index;
  } catch (error) {
    const message = error instanceof NoteError ? error.message : 'The minimum index cannot be read.';
    report({ code: 'minimum_index_invalid', path: 'minimum-index', message });
    return 0;
  }
}
