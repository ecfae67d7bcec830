import { type Note, NoteError, parseNote, parseVkey, type Vkey, verifyNote } from './note.js';

/** What the signatures under a note are worth to who trusts some keys. */
export type Trust =
  /** One of the keys signed in this name. */
  | 'held'
  /** None of them, but a key that lies beside the note: it was changed, or somebody took the name. */
  | 'another key'
  /** There is no signature in this name by any known key. */
  | 'none';

const ANOTHER_KEY =
  'is signed in the name of this log, but not by the key that was given. If the log changed its key, ' +
  'give the new verifier key, or the proof of the change with --rotation; otherwise do not trust it.';

/** One sentence for a person. */
export const anotherKey = (what: string): string => `${what} ${ANOTHER_KEY}`;

/**
 * Holds a note signed in this name against keys, of which those of other names count for nothing.
 * @param beside keys that came with the note and vouch for nothing, but tell a changed key from a damaged signature
 * @throws NoteError `malformed_note`, `malformed_key`, or `bad_signature` when a signature by one of the keys does not hold.
 */
export function trustOf(
  bytes: Uint8Array | string,
  name: string,
  vkeys: readonly (Vkey | string)[],
  beside: readonly (Vkey | string)[] = [],
): { note: Note; trust: Trust } {
  const note = parseNote(bytes);
  if (signed(bytes, name, vkeys)) return { note, trust: 'held' };
  return { note, trust: vouchedFor(bytes, name, beside) ? 'another key' : 'none' };
}

/** Nothing that came with the note can do more than leave the question open. */
function vouchedFor(bytes: Uint8Array | string, name: string, beside: readonly (Vkey | string)[]): boolean {
  try {
    return signed(bytes, name, beside);
  } catch {
    return false;
  }
}

function signed(bytes: Uint8Array | string, name: string, vkeys: readonly (Vkey | string)[]): boolean {
  const own = vkeys.map((k) => (typeof k === 'string' ? parseVkey(k) : k)).filter((k) => k.name === name);
  try {
    verifyNote(bytes, own);
    return true;
  } catch (error) {
    if (error instanceof NoteError && error.code === 'no_known_signature') return false;
    throw error;
  }
}
