import type { Make } from './people.js';
import { CAPITALS, type Random } from './random.js';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const uuid = (r: Random): string =>
  `${r.hex(8)}-${r.hex(4)}-${r.of(['4', '7'])}${r.hex(3)}-${r.of(['8', '9', 'a', 'b'])}${r.hex(3)}-${r.hex(12)}`;
const epoch = (r: Random): number => r.int(1_500_000_000, 1_900_000_000);

/** What looks like something personal or secret and is not; found in it, it is a false alarm. */
export const NEGATIVES: Readonly<Record<string, Make>> = {
  UUID: uuid,
  ULID: (r) => `01${r.text(24, CROCKFORD)}`,
  'trace id': (r) => r.hex(32),
  'span id': (r) => r.hex(16),
  traceparent: (r) => `00-${r.hex(32)}-${r.hex(16)}-01`,
  'SHA-1, commit': (r) => r.hex(r.of([40, 40, 12, 7])),
  'SHA-256': (r) => r.of(['', 'sha256:']) + r.hex(64),
  'epoch s': (r) => String(epoch(r)),
  'epoch ms': (r) => String(epoch(r) * 1_000 + r.int(0, 999)),
  'epoch ns': (r) => `${epoch(r)}${r.digits(9)}`,
  'ISO timestamp': (r) =>
    new Date(epoch(r) * 1_000)
      .toISOString()
      .replace('Z', r.of(['Z', '+02:00', '-07:00', `${r.digits(6)}Z`]))
      .replace('T', r.of(['T', ' '])),
  'semantic version': (r) =>
    `${r.of(['v', ''])}${r.int(0, 30)}.${r.int(0, 40)}.${r.int(0, 99)}${r.of(['', '-rc.1', '+build.77', `-${r.hex(7)}`])}`,
  'user agent': (r) =>
    `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${r.int(90, 140)}.0.${r.of([0, r.int(1000, 7000)])}.${r.of([0, r.int(1, 250)])} Safari/537.36`,
  'order number': (r) =>
    r.of([
      r.digits(r.int(6, 10)),
      `ORD-${r.digits(8)}`,
      `SO${r.digits(7)}`,
      `${r.int(2019, 2027)}-${r.digits(6)}`,
    ]),
  'MAC address': (r) => Array.from({ length: 6 }, () => r.hex(2)).join(r.of([':', '-'])),
  'hex dump': (r) => `${r.hex(8)}  ${Array.from({ length: 16 }, () => r.hex(2)).join(' ')}`,
  'base64 image': (r) => `data:image/png;base64,iVBORw0KGgo${r.word(r.int(40, 400))}==`,
  'random base64': (r) => `${r.word(r.int(24, 86))}${r.of(['', '=', '=='])}`,
  'Kubernetes pod': (r) =>
    `${r.of(['checkout', 'payments-api', 'web'])}-${r.text(10, 'bcdf456789')}-${r.text(5, 'bcdfghjklmnpqrstvwxz2456789')}`,
  price: (r) => `${r.of(['$', '€', 'USD '])}${r.int(1, 99_999)}.${r.digits(2)}`,
  coordinates: (r) => `${r.int(-89, 89)}.${r.digits(2)}, ${r.int(-179, 179)}.${r.digits(2)}`,
  'size and duration': (r) => `${r.int(1, 999_999_999)} bytes in ${r.int(1, 99_999)}.${r.digits(3)} ms`,
  'loopback and mask': (r) =>
    r.of(['127.0.0.1', '0.0.0.0', '255.255.255.0', '::1', '10.0.0.0/8', 'localhost:8080']),
  'class and method': (r) =>
    `com.example.${r.text(6, 'abcdefgh')}.Order${capital(r)}Service.handle(Order${capital(r)}Service.java:${r.int(10, 999)})`,
  'file path': (r) => `/var/lib/app/${r.text(8, 'abcdefgh')}/${r.digits(6)}/part-${r.digits(5)}.parquet`,
  'access log counts': (r) => `" ${r.of([200, 204, 301, 404, 503])} ${r.int(100, 999)} ${r.int(1000, 9999)}`,
  'package at a version': (r) =>
    `${r.of(['lodash', 'react-dom', '@scope/core'])}@${r.int(1, 20)}.${r.int(0, 20)}.${r.int(0, 20)}`,
  'no secret': (r) =>
    r.of([
      'password: [redacted]',
      'password=****',
      'secret: null',
      'token expired',
      'the password is required',
      'password reset requested',
      'authorization failed for role viewer',
      'max_tokens=4096',
      'secretName: tls-cert',
    ]),
};

const capital = (r: Random): string => r.text(1, CAPITALS);
