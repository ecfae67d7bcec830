import { type Meaning, meaningOf } from './detect/declared.js';
import { isPlainIdentifier } from './reduce.js';
import type { Remarks } from './remarks.js';

/** Attribute names whose values are secret or personal by their very purpose (requirement C-2). */
const DENIED =
  /(?:^|[._-])(?:passw(?:or)?d|passphrase|pwd|secret|authorization|cookie|set-cookie|api[_-]?key|apikey|private[_-]?key|credentials?|ssn|card[_-]?number|cvv|cvc|iban|body|payload|query_?string|query|user[._-]?name|login|file[._-]?name|attachment)s?$|password|secret|(?:access|auth|refresh|id|session)_?token/i;
/** Tokens are counted too: `gen_ai.usage.input_tokens`. */
const DENIED_TEXT = /(?:^|[._-])tokens?$/i;
/** Names of source files and of log files are of programs. */
const OF_PROGRAMS = /^(?:code|log)\./;

/** What is known of an attribute's key. */
export interface Key {
  /** As it may be written down. */
  readonly key: string;
  /** Whether it may stand in the path of a remark. */
  readonly plain: boolean;
  /** Whether its value is not even looked at: never, when it is no number, always. */
  readonly denied: 'no' | 'text' | 'always';
  readonly meaning: Meaning | null;
}

const LONGEST = 256;
const MOST_KNOWN = 8_192;
const LONGEST_KNOWN = 64;

/** Keys come again and again; what was found clean is remembered, and nothing else. */
export class Keys {
  readonly #known = new Map<string, Key>();

  of(rawKey: string, path: string, remarks: Remarks): Key {
    const known = this.#known.get(rawKey);
    if (known !== undefined) return known;
    const key = remarks.scrub(rawKey.toWellFormed().slice(0, LONGEST), `${path} (key)`);
    const denied = deniedBy(key);
    const made: Key = { key, plain: isPlainIdentifier(key), denied, meaning: meaningOf(key) };
    if (key === rawKey && key.length <= LONGEST_KNOWN) {
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      this.#known.set(rawKey, made);
    }
    return made;
  }
}

function deniedBy(key: string): Key['denied'] {
  if (DENIED.test(key) && !OF_PROGRAMS.test(key)) return 'always';
  return DENIED_TEXT.test(key) ? 'text' : 'no';
}
