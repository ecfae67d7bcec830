import { fromBase64, toBase64 } from '../hash/bytes.js';
import { HASH_SIZE } from '../hash/tree-hash.js';
import { NoteError } from './note.js';

/** The text of a signed tree head (c2sp.org/tlog-checkpoint). */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** Without extension lines: some cosignature kinds do not cover them. */
export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${toBase64(root)}\n`;

/** @throws NoteError `malformed_note` */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', digits = '', base64 = '', ...rest] = text.split('\n');
  const root = fromBase64(base64);
  const size = Number(digits);
  if (
    origin === '' ||
    !/^(?:0|[1-9]\d*)$/.test(digits) ||
    !Number.isSafeInteger(size) ||
    root?.length !== HASH_SIZE ||
    // Extension lines are not empty; only the newline at the end leaves something empty behind it.
    rest.indexOf('') !== rest.length - 1
  )
    throw new NoteError('malformed_note', 'This is not a checkpoint.');
  return { origin, size, root };
}
