import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import pino from 'pino';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { type MmdbValue, mmdb } from '../../test/support/mmdb.js';
import { CountryDatabase } from './database.js';

const dir = mkdtempSync(join(tmpdir(), 'prooflog-geo-'));
const path = join(dir, 'countries.mmdb');
const lines: string[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
let database: CountryDatabase | null = null;

afterEach(() => {
  database?.close();
  database = null;
  lines.length = 0;
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function open(bytes: Buffer): CountryDatabase {
  writeFileSync(path, bytes);
  database?.close();
  database = CountryDatabase.open(path, log);
  return database;
}

const iso = (code: string): MmdbValue => ({ country: { iso_code: code, names: { en: 'x'.repeat(40) } } });

/** A network as its version, the bits of its first address and its length. */
interface Network {
  readonly version: 4 | 6;
  readonly first: bigint;
  readonly length: number;
  readonly code: string;
}

const widthOf = (version: 4 | 6): number => (version === 4 ? 32 : 128);

function addressOf(version: 4 | 6, bits: bigint): string {
  const parts = version === 4 ? 4 : 8;
  const size = BigInt(widthOf(version) / parts);
  const list = Array.from(
    { length: parts },
    (_, i) => (bits >> (size * BigInt(parts - 1 - i))) & ((1n << size) - 1n),
  );
  return version === 4 ? list.join('.') : list.map((group) => group.toString(16)).join(':');
}

const network = fc
  .record({
    version: fc.constantFrom<4 | 6>(4, 6),
    bits: fc.bigInt(0n, (1n << 128n) - 1n),
    length: fc.integer({ min: 1, max: 32 }),
    code: fc.constantFrom('DE', 'FR', 'US', 'BR', 'JP'),
  })
  .map(({ version, bits, length, code }): Network => {
    const width = widthOf(version);
    const host = BigInt(width - length);
    // IPv6 keeps clear of the first bits, where IPv4 lies.
    const own = version === 4 ? bits & 0xffffffffn : bits | (1n << 127n);
    return { version, length, code, first: (own >> host) << host };
  });

const cidr = ({ version, first, length }: Network): string => `${addressOf(version, first)}/${length}`;

/** The longest prefix that fits, in the plainest way. */
function expected(networks: readonly Network[], version: 4 | 6, bits: bigint): string | null {
  const fitting = networks.filter((n) => {
    const host = BigInt(widthOf(version) - n.length);
    return n.version === version && n.first >> host === bits >> host;
  });
  return fitting.sort((a, b) => b.length - a.length)[0]?.code ?? null;
}

describe('a database of countries', () => {
  it('answers by the longest prefix, whatever the size of its records', () => {
    const networks = fc.uniqueArray(network, { minLength: 1, maxLength: 12, selector: cidr });
    const some = fc.array(fc.bigInt(0n, (1n << 128n) - 1n), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(networks, some, fc.constantFrom<24 | 28 | 32>(24, 28, 32), (list, noise, recordSize) => {
        const countries = open(
          mmdb(Object.fromEntries(list.map((n) => [cidr(n), iso(n.code)])), { recordSize }),
        );
        for (const [i, bits] of noise.entries()) {
          const near = list[i % list.length] as Network;
          const host = BigInt(widthOf(near.version) - near.length);
          const inside = near.first | (bits & ((1n << host) - 1n));
          expect(countries.of(addressOf(near.version, inside))).toBe(expected(list, near.version, inside));
          const anywhere = bits & 0xffffffffn;
          expect(countries.of(addressOf(4, anywhere))).toBe(expected(list, 4, anywhere));
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each<[string, MmdbValue, string | null]>([
    ['GeoLite2, GeoIP2, DB-IP', { country: { iso_code: 'DE' } }, 'DE'],
    ['IPinfo', { country: 'DE', country_name: 'Germany' }, 'DE'],
    ['IPinfo Lite', { country: 'Germany', country_code: 'DE' }, 'DE'],
    ['one without countries', { autonomous_system_number: 64_500 }, null],
    ['one with something else in their place', { country: { iso_code: '","x":"' } }, null],
  ])('knows the records of %s', (_name, record, country) => {
    expect(open(mmdb({ '192.0.2.0/24': record })).of('192.0.2.1')).toBe(country);
  });

  it('of IPv4 alone says nothing about IPv6', () => {
    const countries = open(mmdb({ '0.0.0.0/1': iso('DE') }, { ipVersion: 4 }));
    expect([countries.of('10.0.0.1'), countries.of('2001:db8::1')]).toEqual(['DE', null]);
  });

  it.each([
    ['no file', null, /cannot be read \(ENOENT\)/],
    ['an empty one', Buffer.alloc(0), /not a MaxMind DB/],
    ['a text', Buffer.from('country,DE\n'.repeat(1_000)), /not a MaxMind DB/],
    ['its first half', mmdb({ '192.0.2.0/24': iso('DE') }).subarray(0, 300), /not a MaxMind DB/],
    ['its last part', mmdb({ '192.0.2.0/24': iso('DE') }).subarray(-200), /not a MaxMind DB/],
  ])('is refused: %s', (_name, bytes, message) => {
    rmSync(path, { force: true });
    if (bytes !== null) writeFileSync(path, bytes);
    expect(() => CountryDatabase.open(path, log)).toThrow(message);
  });

  it('that is damaged inside gives no country, and says so once without an address', () => {
    const bytes = mmdb({ '192.0.2.0/24': iso('DE') });
    bytes.fill(0xff, bytes.indexOf('country') - 2, bytes.indexOf('names'));
    const countries = open(bytes);
    expect([countries.of('192.0.2.1'), countries.of('192.0.2.2')]).toEqual([null, null]);
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain('192.0');
  });

  it('is read again when its file changes; a broken one leaves the one before', async () => {
    const countries = open(mmdb({ '192.0.2.0/24': iso('DE') }));
    expect(countries.of('192.0.2.1')).toBe('DE');
    writeFileSync(path, 'broken');
    await vi.waitFor(() => expect(lines.join()).toContain('the one before stays'), { timeout: 30_000 });
    expect(countries.of('192.0.2.1')).toBe('DE');
    writeFileSync(path, mmdb({ '192.0.2.0/24': iso('FR') }));
    await vi.waitFor(() => expect(countries.of('192.0.2.1')).toBe('FR'), { timeout: 30_000 });
    expect(lines.filter((line) => line.includes('stays in use'))).toHaveLength(1);
  }, 90_000);
});
