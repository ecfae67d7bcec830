import { checkPublicKey } from './ed25519.js';
import { ALG_ED25519, NoteError, parseVkey, type Vkey } from './note.js';

/**
 * The verifier key of a log that somebody is about to trust. One signature by a key of small order fits every
 * message, and verifiers disagree about keys of mixed order: neither is taken.
 * @throws NoteError `malformed_key`
 */
export function parseLogVkey(vkey: string): Vkey {
  const key = parseVkey(vkey);
  if (key.alg !== ALG_ED25519 || checkPublicKey(key.pub) !== 'ok')
    throw new NoteError('malformed_key', 'The verifier key is not a sound Ed25519 key of a log.');
  return key;
}
