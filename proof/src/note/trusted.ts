import { type Note, NoteError, parseNote, parseVkey, type Vkey, verifyNote } from './note.js';

/** What the signatures under a note are worth to who trusts some keys. */
export type Trust =
  /** One of the keys signed in this name. */
  | 'held'
  /** Somebody signed in this name with another key: the key was changed, or another took the name. */
  | 'another key'
  /** There is no signature in this name. */
  | 'none';

const ANOTHER_KEY =
  'is signed in the name of this log, but not by the key that was given. If the log changed its key, ' +
  'give the new verifier key, or the proof of the change with --rotation; otherwise do not trust it.';

/** One sentence for a person. */
export const anotherKey = (what: string): string => `${what} ${ANOTHER_KEY}`;

/**
 * Holds a note signed in this name against keys, of which those of other names count for nothing.
 * @throws NoteError `malformed_note`, `malformed_key`, or `bad_signature` when a signature by one of the keys does not hold.
 */
export function trustOf(
  bytes: Uint8Array | string,
  name: string,
  vkeys: readonly (Vkey | string)[],
): { note: Note; trust: Trust } {
  const note = parseNote(bytes);
  const own = vkeys.map((k) => (typeof k === 'string' ? parseVkey(k) : k)).filter((k) => k.name === name);
  try {
    verifyNote(bytes, own);
    return { note, trust: 'held' };
  } catch (error) {
    if (!(error instanceof NoteError) || error.code !== 'no_known_signature') throw error;
    return { note, trust: note.signatures.some((s) => s.name === name) ? 'another key' : 'none' };
  }
}
