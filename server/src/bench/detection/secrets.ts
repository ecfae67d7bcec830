import type { Make } from './people.js';
import type { Random } from './random.js';

const url64 = (r: Random, length: number): string =>
  r.text(length, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
const b64url = (text: string): string => Buffer.from(text).toString('base64url');
const upper = (r: Random, length: number): string => r.text(length, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567');

export const jwt: Make = (r) =>
  [
    b64url(JSON.stringify({ alg: r.of(['HS256', 'RS256', 'ES256']), typ: 'JWT' })),
    b64url(JSON.stringify({ sub: r.digits(10), iat: r.int(1_700_000_000, 1_800_000_000) })),
    url64(r, 43),
  ].join('.');

/** Keys of the families of gitleaks and secretlint. Put together at run time: no scanner need take this file for a leak. */
const KEYS: readonly Make[] = [
  (r) => `AK${'IA'}${upper(r, 16)}`,
  (r) => `AS${'IA'}${upper(r, 16)}`,
  (r) => `AI${'za'}${url64(r, 35)}`,
  (r) => `ya${'29'}.${url64(r, 60)}`,
  (r) => `GOC${'SPX'}-${url64(r, 28)}`,
  (r) => `gh${'p_'}${r.word(36)}`,
  (r) => `gh${'s_'}${r.word(36)}`,
  (r) => `github_${'pat_'}${r.word(22)}_${r.word(59)}`,
  (r) => `gl${'pat'}-${url64(r, 20)}`,
  (r) => `xox${'b'}-${r.digits(11)}-${r.digits(12)}-${r.word(24)}`,
  (r) => `xa${'pp'}-1-A${r.word(10)}-${r.digits(13)}-${r.hex(64)}`,
  (r) => `hooks.slack${'.com'}/services/T${upper(r, 8)}/B${upper(r, 8)}/${r.word(24)}`,
  (r) => `sk_${'live'}_${r.word(24)}`,
  (r) => `rk_${'test'}_${r.word(24)}`,
  (r) => `wh${'sec'}_${r.word(32)}`,
  (r) => `S${'K'}${r.hex(32)}`,
  (r) => `A${'C'}${r.hex(32)}`,
  (r) => `S${'G'}.${url64(r, 22)}.${url64(r, 43)}`,
  (r) => `np${'m_'}${r.word(36)}`,
  (r) => `py${'pi'}-AgEIcHlwaS5vcmc${url64(r, 70)}`,
  (r) => `s${'k-'}proj-${url64(r, 48)}`,
  (r) => `s${'k-'}${r.word(48)}`,
  (r) => `s${'k-'}ant-api03-${url64(r, 93)}AA`,
  (r) => `h${'f_'}${r.word(34)}`,
  (r) => `dop_${'v1'}_${r.hex(64)}`,
  (r) => `HR${'KU'}-${url64(r, 60)}`,
  (r) => `shp${'at'}_${r.hex(32)}`,
  (r) => `sq0${'atp'}-${url64(r, 22)}`,
  (r) => `key-${r.hex(32)}`,
  (r) => `${r.hex(32)}-us${r.int(1, 20)}`,
  (r) => `NR${'AK'}-${r.text(27, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')}`,
  (r) => `${r.digits(9)}:AA${url64(r, 33)}`.replace(/^0/, '7'),
  (r) => `MT${url64(r, 22)}.${r.word(6)}.${r.word(27)}`,
  (r) => `hv${'s'}.${url64(r, 90)}`,
  (r) => `d${'p'}.pt.${r.word(43)}`,
  (r) => `AGE-SECRET-${'KEY'}-1${r.text(58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L')}`,
  (r) => `${r.word(3)}8Q~${r.word(34)}`,
  (r) => `${r.word(14)}.atlas${'v1'}.${url64(r, 66)}`,
  (r) => `gl${'sa'}_${r.word(32)}_${r.hex(8)}`,
  (r) => `LT${'AI'}${r.word(20)}`,
  (r) => `da${'pi'}${r.hex(32)}`,
  (r) => `lin_${'api'}_${r.word(40)}`,
  (r) => `ATATT${'3'}${url64(r, 186)}`,
  (r) => `dckr_${'pat'}_${url64(r, 27)}`,
];
export const cloudKey: Make = (r) => r.of(KEYS)(r);

const BLOCKS = ['RSA PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'EC PRIVATE KEY', 'PRIVATE KEY'];
export const privateKey: Make = (r) => {
  const name = r.of(BLOCKS);
  const lines = Array.from({ length: r.int(3, 12) }, () =>
    r.text(64, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'),
  );
  const newline = r.of(['\n', '\\n']);
  return [`-----BEGIN ${name}-----`, ...lines, `-----END ${name}-----`].join(newline);
};

const NAMES = [
  'password',
  'DB_PASSWORD',
  'spring.datasource.password',
  'client_secret',
  'apiKey',
  'x-api-key',
  'aws_secret_access_key',
  'DD_API_KEY',
  'AccountKey',
  'refresh_token',
  'passwd',
  'HEROKU_API_KEY',
];
const value = (r: Random): string =>
  r.of([
    r.word(r.int(8, 40)),
    `${r.of(['Winter', 'hunter', 'S3cure', 'Pass'])}${r.int(10, 9999)}${r.of(['', '!', '#', '$x'])}`,
    r.hex(32),
  ]);
/** `name=value` in the spellings of programs, with the value alone as what must not stay. */
export const assignment = (r: Random): { text: string; secret: string } => {
  const [name, secret] = [r.of(NAMES), value(r)];
  const text = r.of([
    `${name}=${secret}`,
    `${name}: ${secret}`,
    `"${name}":"${secret}"`,
    `\\"${name}\\":\\"${secret}\\"`,
    `'${name}' => '${secret}'`,
    `<${name}>${secret}</${name}>`,
    `${name} = "${secret}"`,
  ]);
  return { text, secret };
};

export const urlCredentials = (r: Random): { text: string; secret: string } => {
  const secret = r.word(r.int(6, 20));
  const scheme = r.of(['postgres', 'mongodb+srv', 'redis', 'amqps', 'https', 'mysql', 'ftp']);
  return {
    text: `${scheme}://${r.of(['app', 'admin', 'svc-7'])}:${secret}@db.example.internal:${r.int(1000, 9999)}/main`,
    secret,
  };
};

export const bearer = (r: Random): { text: string; secret: string } => {
  const secret = r.of([`${r.word(20)}.${r.word(12)}`, `${r.word(31)}7`, `${r.hex(39)}0`]);
  const basic = Buffer.from(`${r.word(6)}:${r.word(12)}`).toString('base64');
  return r.of([
    { text: `Authorization: Bearer ${secret}`, secret },
    { text: `authorization: Basic ${basic}`, secret: basic },
    { text: `"authorization":"Bearer ${secret}"`, secret },
    { text: `-H 'Authorization: token ${secret}'`, secret },
  ]);
};
