import { NoteError, parseLogVkey, type Vkey } from '@prooflog/proof';
import { Failure } from '../base/errors.js';

/**
 * The logs a witness cosigns, by origin; the name of a key is the origin of its log. One verifier key a line, several
 * for one log while it changes its key; empty lines and lines that begin with # are passed over.
 * @throws Failure `bad_setting` naming the line.
 */
export function parseKnownLogs(text: string): ReadonlyMap<string, readonly Vkey[]> {
  const logs = new Map<string, Vkey[]>();
  for (const [i, line] of text.split('\n').entries()) {
    const vkey = line.trim();
    if (vkey === '' || vkey.startsWith('#')) continue;
    const key = sound(vkey, i + 1);
    logs.set(key.name, [...(logs.get(key.name) ?? []), key]);
  }
  return logs;
}

function sound(vkey: string, line: number): Vkey {
  try {
    return parseLogVkey(vkey);
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    throw new Failure(
      'bad_setting',
      `Line ${line} of witness_logs is not the Ed25519 verifier key of a log.`,
    );
  }
}
