import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detect, scrub } from './index.js';
import { luhn } from './numbers/checks.js';
import { isIban } from './numbers/iban.js';

const b64 = (text: string): string => Buffer.from(text).toString('base64');
// Assembled so that no scanner takes this file for a leak.
const aws = `AKIA${'IOSFODNN7EXAMPLE'}`;
const jwt = `${'eyJhbGciOiJIUzI1NiJ9'}.${'eyJzdWIiOiIxMjM0NTY3ODkwIn0'}.${'dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'}`;

describe('scrub', () => {
  it.each([
    ['mail to ada.lovelace+x@example.co.uk now', 'mail to [email] now'],
    ['user=ada%40example.com&x=1', 'user=[email]&x=1'],
    [`payload ${b64('contact ada@example.com please')}`, 'payload [email]'],
    [`hex ${Buffer.from('ada@example.com').toString('hex')}`, 'hex [email]'],
    ['json {\\"mail\\":\\"ada\\u0040example.com\\"}', 'json {\\"mail\\":\\"[email]\\"}'],
    ['html ada&#64;example.com', 'html [email]'],
    ['zero ada\u200b@example.com', 'zero [email]'],
    ['call +44 20 7946 0958 today', 'call [phone] today'],
    ['call (415) 555-2671 or 415-555-2671', 'call [phone] or [phone]'],
    ['card 4111 1111 1111 1111 ok', 'card [card] ok'],
    ['card 4111111111111111.', 'card [card].'],
    ['amex 378282246310005', 'amex [card]'],
    ['iban DE89 3704 0044 0532 0130 00 and more', 'iban [iban] and more'],
    ['iban gb82west12345698765432', 'iban [iban]'],
    ['ssn 078-05-1120', 'ssn [us_ssn]'],
    ['SSN: 078051120', 'SSN: [us_ssn]'],
    [`token ${jwt}`, 'token [jwt]'],
    [`session-${jwt};`, 'session-[jwt];'],
    ['Authorization: Bearer abcdef123456.xyz', 'Authorization: [bearer_token]'],
    [`key ${aws} used`, 'key [cloud_key] used'],
    ['password=hunter22 next', 'password=[secret] next'],
    ['{"api_key":"abcd1234efgh"}', '{"api_key":"[secret]"}'],
    ['postgres://bob:s3cr3t@db.local/x', '[url_credentials]db.local/x'],
  ])('%s', (text, expected) => {
    expect(scrub(text)?.text).toBe(expected);
  });

  it.each([
    'id 01a1fc9d-3586-7000-8bdf-d763519e2cc9',
    'trace 4bf92f3577b34da6a3ce929d0e0e4736',
    'sha 9eeba485a299ffb0880c66d7cf40390e81f76940450b35c19de6317e263c4087',
    'at 1732164000000 ms and 1732164000',
    'version 10.15.7 build 20240613',
    'order 100200300400',
    'time 2026-11-21T05:38:43.765067348Z',
    'pol-7 changed by analyst',
    'GET /v2/54fadb412c4e40cdbaed9335e4c35a9e/servers/detail HTTP/1.1" status: 200 len: 1893 time: 0.2477829',
    'Created MRAppMaster for application appattempt_1445144423722_0020_000001',
    'mod_jk child workerEnv in error state 6',
    'the token is missing',
    'basic authentication failed',
  ])('leaves alone: %s', (text) => {
    expect(detect(text)).toEqual([]);
  });

  it('takes out an address wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z]{1,10}\.[a-z0-9]{1,10}$/),
        fc.string(),
        fc.string(),
        (local, before, after) => {
          const mail = `${local}@mail.example.org`;
          expect(scrub(`${before} ${mail} ${after}`)?.text ?? '').not.toContain(mail);
        },
      ),
    );
  });
});

describe('a text of megabytes', () => {
  it('full of findings is scrubbed like a short one', () => {
    const result = scrub('ada@example.com '.repeat(200_000));
    expect([...(result?.counts ?? [])]).toEqual([['email', 200_000]]);
  });
});

describe('a secret longer than what is looked at', () => {
  const long = 'IQoJb3Jp/'.repeat(900);
  const lines = `${'A'.repeat(64)}\n`.repeat(300);
  it.each([
    [`"sessionToken":"${long}" x`, '"sessionToken":"[secret]" x'],
    [`password=${long} x`, 'password=[secret] x'],
    [`Authorization: Bearer 7${long}`, 'Authorization: [bearer_token]'],
    [`-----BEGIN RSA PRIVATE KEY-----\n${lines}`, '[private_key]'],
  ])('goes whole (%#)', (text, expected) => {
    expect(scrub(text)?.text).toBe(expected);
  });
});

describe('checksums', () => {
  it('know good from bad', () => {
    expect([luhn('4111111111111111'), luhn('4111111111111112')]).toEqual([true, false]);
    expect([
      isIban('DE89370400440532013000'),
      isIban('DE88370400440532013000'),
      isIban('DE8937040044053201300'),
    ]).toEqual([true, false, false]);
  });
});
