import {
  type Checkpoint,
  fromBase64,
  fromUtf8,
  HASH_SIZE,
  type Note,
  NoteError,
  parseCheckpoint,
  parseNote,
} from '@prooflog/proof';
import { Failure } from '../base/errors.js';

/** The body of `POST /add-checkpoint` (c2sp.org/tlog-witness). */
export interface AddCheckpoint {
  /** Size of the tree the log believes the witness to have seen last. */
  readonly old: number;
  /** Consistency proof from `old` to the checkpoint. */
  readonly proof: readonly Uint8Array[];
  readonly note: Note;
  readonly checkpoint: Checkpoint;
}

const MOST_HASHES = 63;

/** @throws Failure `bad_request` */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpoint {
  const text = fromUtf8(body) ?? '';
  // The checkpoint has an empty line of its own; the first one of the body ends the proof.
  const at = text.indexOf('\n\n');
  const [first = '', ...hashes] = text.slice(0, Math.max(at, 0)).split('\n');
  const old = /^old (0|[1-9]\d{0,15})$/.exec(first)?.[1];
  const proof = hashes.map(fromBase64);
  if (
    old === undefined ||
    !Number.isSafeInteger(Number(old)) ||
    proof.length > MOST_HASHES ||
    !proof.every((hash) => hash?.length === HASH_SIZE)
  )
    throw malformed('The body is "old SIZE", up to 63 hashes, an empty line and a checkpoint.');
  try {
    const note = parseNote(text.slice(at + 2));
    return { old: Number(old), proof: proof as Uint8Array[], note, checkpoint: parseCheckpoint(note.text) };
  } catch (error) {
    if (error instanceof NoteError) throw malformed('What follows the empty line is not a checkpoint.');
    throw error;
  }
}

const malformed = (message: string): Failure => new Failure('bad_request', message);

/** {@link parseAddCheckpoint} the other way round; `signed` is the whole signed checkpoint. */
export const formatAddCheckpoint = (old: number, proof: readonly string[], signed: string): string =>
  `${[`old ${old}`, ...proof, ''].join('\n')}\n${signed}`;
