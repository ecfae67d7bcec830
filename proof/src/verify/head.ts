import { fromUtf8 } from '../hash/bytes.js';
import { parseCheckpoint } from '../note/checkpoint.js';
import { NoteError, parseNote } from '../note/note.js';
import { anotherKey, trustOf } from '../note/trusted.js';
import type { Published } from './continuation.js';
import type { Finding } from './findings.js';
import type { LogReport, LogSource, VerifyOptions } from './log.js';

export interface SignedHead extends Published {
  readonly key: LogReport['key'];
}

/** The published checkpoint, held against the keys; null, with a finding, where there is none to go by. */
export async function readHead(
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
  const beside = keysIn((await source.read('vkey')) ?? new Uint8Array());
  const keys = trusted.length > 0 ? trusted : beside;
  try {
    const note = parseNote(bytes);
    const checkpoint = parseCheckpoint(note.text);
    // A key from elsewhere may be of an earlier time.
    const { trust } = trustOf(bytes, checkpoint.origin, keys, trusted.length > 0 ? beside : []);
    if (trust === 'none')
      throw new NoteError('no_known_signature', 'None of the signatures is by a key of this log.');
    if (options.name !== undefined && !checkpoint.origin.endsWith(`/${options.name}`))
      throw new NoteError('no_known_signature', 'This is another log than the one that should be here.');
    if (trust === 'another key')
      report({ code: 'key_unknown', path: 'checkpoint', message: anotherKey('The checkpoint') });
    const key = trust !== 'held' ? 'none' : trusted.length > 0 ? 'trusted' : 'own';
    return { checkpoint, note: fromUtf8(bytes) ?? '', keys, key };
  } catch (error) {
    const message = error instanceof NoteError ? error.message : 'The checkpoint cannot be read.';
    report({ code: 'checkpoint_invalid', path: 'checkpoint', message });
    return null;
  }
}

const keysIn = (vkey: Uint8Array): string[] =>
  (fromUtf8(vkey) ?? '').split('\n').filter((line) => line !== '');
