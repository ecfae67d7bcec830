import { ESCAPES } from './hidden/escapes.js';
import { CREDENTIALS, DOMAIN, LITERAL, USERINFO } from './mail.js';
import { FLOAT } from './numbers/card.js';
import { IBAN } from './numbers/iban.js';
import { IPV4, IPV6 } from './numbers/ip.js';
import { NATIONAL_IDS } from './numbers/national.js';
import { BRACKETED, COMPACT, EXTENSION, SPACED } from './numbers/phone.js';
import { KEYS } from './secrets/keys.js';
import { MIDDLE_PATTERNS } from './secrets/middle.js';
import { SPOKEN } from './secrets/spoken.js';

/** Every pattern that is tried on a text of any length, by what it is for; `linear.test.ts` proves each of them. */
export const PATTERNS: readonly (readonly [string, RegExp])[] = [
  ...KEYS.map(({ rule, heads, pattern }) => [`${rule} ${heads[0]}`, pattern] as const),
  ...MIDDLE_PATTERNS.map((pattern) => ['cloud_key', pattern] as const),
  ...SPOKEN.map(({ rule, pattern }) => [`${rule}, spoken`, pattern] as const),
  ...NATIONAL_IDS.map(({ rule, pattern }) => [rule, pattern] as const),
  ['url_credentials', CREDENTIALS],
  ['url_credentials, token', USERINFO],
  ['email domain', DOMAIN],
  ['email address literal', LITERAL],
  ['iban', IBAN],
  ['card, float', FLOAT],
  ['ip, version 4', IPV4],
  ['ip, version 6', IPV6],
  ['phone, compact', COMPACT],
  ['phone, spaced', SPACED],
  ['phone, bracketed', BRACKETED],
  ['phone, extension', EXTENSION],
  ['escapes', ESCAPES],
];
