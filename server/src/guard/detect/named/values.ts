import type { Meaning } from './names.js';

/** What says of a secret that there is none, or what became of it: nothing to take out. */
const NO_SECRET =
  /^(?:null|nil|none|undefined|empty|true|false|yes|no|on|off|ok|set|unset|not|is|was|are|has|for|the|and|or|in|to|of|on|with|from|at|by|a|an|must|should|cannot|can't|will|may|required|optional|missing|invalid|incorrect|wrong|failed|failure|failing|error|expired|rejected|accepted|denied|unknown|changed|updated|reset|mismatch|string|number|boolean|object|redacted|hidden|masked|removed|filtered|protected|secret|password|token|check|authentication|authorization|user|unable|could|disabled|enabled|default|new|old|n\/a|na|\d{1,3}|[*xX•.#_-]{1,256}|%[a-z]|\$\{[^}]{0,128}\}|\{\{[^}]{0,128}\}\}|<[^>]{0,128}>|\$[A-Z_]{1,64}|\(.{0,64}\)?)[.:!)]{0,3}$/i;

/** `pwd` is a folder, too. */
const PATH = /^(?:\/[a-z][\w.-]{0,64}){1,16}\/?$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i;

/** Shannon's entropy in bits a character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const c of text) counts.set(c, (counts.get(c) ?? 0) + 1);
  let bits = 0;
  for (const n of counts.values()) bits -= (n / text.length) * Math.log2(n / text.length);
  return bits;
}

/** Characters before and behind a member of a JSON Web Key in which its `kty` stands (RFC 7517 §4.1). */
const KEY_REACH = 4_096;
const isInKey = (text: string, at: number): boolean =>
  text.slice(Math.max(0, at - KEY_REACH), at + KEY_REACH).includes('kty');
const RANDOM = /^[A-Za-z0-9+/=_.~%:|-]{8,512}$/;

/** Letters and digits mixed as no word, path, id or hash has them. */
function looksRandom(value: string): boolean {
  if (!RANDOM.test(value) || !/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  if (UUID.test(value) || /[:/|][^:/|]{0,64}[:/|]|^\/|^v?\d+(?:\.\d+){1,3}$/.test(value)) return false;
  return entropy(value) >= Math.min(2.9, 0.8 * Math.log2(value.length));
}

const digits = (value: string): number => value.replace(/\D/g, '').length;
const isNumber = (value: string, fewest: number, most: number): boolean => {
  const n = digits(value);
  return n >= fewest && n <= most && /^[+(\d][\d ().+/_-]*(?:(?:x|ext\.?) ?\d{1,6})?$/i.test(value);
};

const NAME =
  /^\p{Lu}[\p{L}\p{M}'’.-]{0,40}(?:[ ,]{1,2}(?:(?:van|von|de|da|di|la|le|del|der|bin|al|y|e) ){0,3}\p{Lu}[\p{L}\p{M}'’.-]{0,40}){1,4}$/u;
/** A number of a house, a box or a district among words; no host or URL. */
const STREET = /^(?=[^:@]{0,200}\p{L}{3})(?:[^:@]{0,160}[\s,.])?\d{1,6}[A-Za-z]?(?:[\s,.-][^:@]{0,200})?$/u;

/** Whether a value can be what its name says; what it is called then, or null. */
export function ruleOf(meaning: Meaning, value: string, text: string, at: number): string | null {
  if (value === '' || value.startsWith('[')) return null;
  switch (meaning) {
    case 'secret':
      return value.length >= 3 && !NO_SECRET.test(value) && !PATH.test(value) ? 'secret' : null;
    case 'token':
      return looksRandom(value) && (value.length >= 16 || !HASH.test(value)) && !isKeyOfCache(value, text, at)
        ? 'secret'
        : null;
    case 'header':
      return isCredential(value) ? 'bearer_token' : null;
    case 'cookie':
      return value.includes('=') ? 'cookie' : null;
    case 'jwk':
      return /^[\w-]{22,1024}$/.test(value) && isInKey(text, at) ? 'private_key' : null;
    case 'card_number':
      return isNumber(value, 12, 19) ? 'card' : null;
    case 'card_code':
      return /^\d{3,8}$/.test(value) ? 'card_code' : null;
    case 'phone':
      return isNumber(value, 6, 18) ? 'phone' : null;
    case 'ssn':
      return isNumber(value, 9, 9) ? 'us_ssn' : null;
    case 'person_id':
      return /^[A-Za-z0-9][A-Za-z0-9 ./-]{5,24}$/.test(value) && digits(value) >= 5 ? 'national_id' : null;
    case 'document_number':
      return /^[A-Za-z0-9][A-Za-z0-9 -]{4,24}$/.test(value) && digits(value) >= 3 ? 'document_number' : null;
    case 'bank_account':
      return /^(?:[A-Za-z]{2}\d\d)?[A-Za-z0-9 -]{6,40}$/.test(value) && digits(value) >= 6
        ? /^[A-Za-z]{2}/.test(value)
          ? 'iban'
          : 'bank_account'
        : null;
    case 'person_name':
      return /\p{L}/u.test(value) && !NO_SECRET.test(value) && !/[=@<>{}$_/\\\d]/.test(value)
        ? 'person_name'
        : null;
    case 'name':
      return NAME.test(value) ? 'person_name' : null;
    case 'address':
      return value.includes(' ') && STREET.test(value) ? 'address' : null;
    case 'place':
      return /^[\p{L}\p{N}][\p{L}\p{M}\p{N} .'’-]{1,60}$/u.test(value) &&
        !NO_SECRET.test(value) &&
        !/\.\w/.test(value)
        ? 'address'
        : null;
    case 'birth_date':
      return digits(value) >= 4 && /^[\p{L}\d][\p{L}\d ,./:-]{5,30}$/u.test(value) ? 'birth_date' : null;
  }
}

/** A scheme with its credentials, or a bare token. */
const isCredential = (value: string): boolean =>
  /^[\w-]{2,24} +\S{8}/.test(value)
    ? /[\d=+_.-]/.test(value.slice(value.indexOf(' ')))
    : looksRandom(value) && value.length >= 16;

/** `cache key 9eeba…`, `key=<hash>`: keys of maps are named so too, and are hashes or short more often than secrets. */
const isKeyOfCache = (value: string, text: string, at: number): boolean =>
  /\bkey["'\\]{0,4}\s{0,3}[=:>]{1,2}\s{0,3}["'\\]{0,4}$/i.test(text.slice(Math.max(0, at - 12), at)) &&
  (HASH.test(value) || value.length < 20);
