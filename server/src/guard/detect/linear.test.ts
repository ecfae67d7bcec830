import { checkSync } from 'recheck';
import { describe, expect, it } from 'vitest';
import { scrub } from './index.js';
import { PATTERNS } from './patterns.js';

/** What patterns of this kind have stumbled over elsewhere, and what found a defect here. */
const UNITS = [
  ...[
    'a',
    '1',
    'A1',
    '1 ',
    '1-',
    '1.',
    '@',
    'a@',
    'a@b.',
    '.a',
    "a'",
    "'",
    'ü@',
    '\u200b',
    '"',
    '{"a":',
    '\n',
    ' ',
  ],
  ...[
    'eyJ',
    'eyJ-',
    '-eyJaaaaaaaa',
    'eyJaaaaaaaa.',
    'bearer ',
    'bearer aaaa',
    'basic  a',
    'sk-',
    'glpat-',
    'SG.',
  ],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '-',
    '--',
    'password',
    'password=',
    'secret: ',
    "api_key: '",
    'AKIA',
    'ghp_',
  ],
  ...[
    'a://',
    'a://b:',
    'a://b:c',
    'DE00 1',
    'DE89 3704 ',
    'GB82 ',
    '0 0',
    '00 ',
    '+1 ',
    '(415) ',
    '415-',
    'ssn 1',
  ],
  ...[
    '4111 1111 1111 111',
    '4111111111111111 ',
    '%41',
    '%',
    '\\u0041',
    '\\',
    '&#64;',
    '&',
    'Zm9v',
    'eyJh.',
    'Dear A',
    'my name is A ',
    'name: A ',
    '\\\\\\"',
    '2001:',
    'a::',
    '1.1.1.',
    '=40a',
    '&amp;',
    '"d":"aB3_aB3_aB3_aB3_aB3_aB3_",',
    '{"kty":"d":"',
    'PuTTY-User-Key-File-',
    'ops_eyJ',
    'deadbeef',
    '_',
  ],
];
const LENGTH = 2 ** 21;

describe('T15: patterns take linear time', () => {
  it.each(PATTERNS)('%s is linear to a checker that proves it', (_name, pattern) => {
    const flags = pattern.flags.replace(/[gy]/g, '');
    const result = checkSync(pattern.source, flags, { timeout: 30_000, checker: 'automaton' });
    expect(result.status).toBe('safe');
  });

  // The pattern is not all there is. Linear, this takes a fraction of a second; anything quadratic runs into the limit.
  it.each(UNITS)('a line of two million characters of %j is looked through', { timeout: 10_000 }, (unit) => {
    const line = unit.repeat(Math.ceil(LENGTH / unit.length)).slice(0, LENGTH);
    const clean = scrub(line)?.text ?? line;
    expect(clean.length).toBeLessThanOrEqual(LENGTH * 2);
  });
});
