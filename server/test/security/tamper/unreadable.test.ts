import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signEd25519Note, toBase64, verifyLog } from '@prooflog/proof';
import { runVerify } from '@prooflog/proof/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realDisk } from '../../../src/base/disk.js';
import { signingKey } from '../../../src/base/ed25519.js';
import { Keyring } from '../../../src/base/keyring.js';
import { entries, withLedger } from '../../support/ledger.js';
import { removeDir, tempDir } from '../../support/program.js';
import { random } from '../../support/random.js';
import { changed, type Files, readFiles } from '../../support/stored-log.js';

/** T3: what cannot be read is a finding, never "nothing found" and never a verifier that stops or hangs. */

const ORIGIN = 'test.example/t1/audit';
const dir = tempDir();
const log = join(dir, 'ledger/t1/audit');
let files: Files;
let vkey = '';
let sign: (text: string) => Promise<string>;

beforeAll(async () => {
  await withLedger(dir, realDisk, (ledger) => ledger.seal(entries(0, 334)));
  files = readFiles(log);
  vkey = Buffer.from(files.get('vkey') ?? [])
    .toString()
    .trim();
  const keyring = await Keyring.open(realDisk, join(dir, 'keys'));
  const key = signingKey(keyring.get('sign/t1') as Buffer);
  sign = async (text) => signEd25519Note(text, { name: ORIGIN, ...key });
});
afterAll(() => removeDir(dir));

const verify = (path: string, bytes: Uint8Array | string) =>
  verifyLog(changed(files, new Map([[path, new Uint8Array(Buffer.from(bytes))]])), { vkeys: [vkey] });
const note = (): string => Buffer.from(files.get('checkpoint') ?? []).toString();

describe('a file that holds something else', () => {
  const rnd = random(20261121);
  const garbage = (length: number): Buffer => Buffer.from(Array.from({ length }, () => rnd(256)));
  const others: [what: string, of: (bytes: Buffer) => Buffer][] = [
    ['nothing', () => Buffer.alloc(0)],
    ['one byte', () => Buffer.alloc(1)],
    ...[1, 2, 31, 32, 33, 1_000, 8_192].map((length): [string, () => Buffer] => [
      `${length} random bytes`,
      () => garbage(length),
    ]),
    ['random bytes of the same length', (bytes) => garbage(bytes.length)],
    ['bytes that are not UTF-8', (bytes) => Buffer.alloc(bytes.length, 0xff)],
    ['zeros', (bytes) => Buffer.alloc(bytes.length)],
    ['itself twice', (bytes) => Buffer.concat([bytes, bytes])],
    ['its half', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['itself with CRLF', (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')],
    ['itself behind a byte order mark', (bytes) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])],
    ['40 MiB', () => Buffer.alloc(40 * 2 ** 20, 1)],
  ];
  it.each(others)('%s: is found in that file', async (_, of) => {
    for (const [path, bytes] of files) {
      if (path === 'vkey') continue;
      const other = of(Buffer.from(bytes));
      if (other.equals(bytes)) continue;
      const { status, findings } = await verify(path, other);
      expect([status, findings.map((f) => f.path)], path).toEqual([
        'tampered',
        expect.arrayContaining([path]),
      ]);
    }
  });
});

describe('a checkpoint that the right key signed', () => {
  const root = (): string => note().split('\n')[2] ?? '';
  it.each([
    ['a size with a leading zero', () => `${ORIGIN}\n0300\n${root()}\n`],
    ['a size with a sign', () => `${ORIGIN}\n+300\n${root()}\n`],
    ['a size with a space', () => `${ORIGIN}\n300 \n${root()}\n`],
    ['a size that is no decimal', () => `${ORIGIN}\n0x12c\n${root()}\n`],
    ['a size of 2^53', () => `${ORIGIN}\n9007199254740992\n${root()}\n`],
    ['a size of 2^64', () => `${ORIGIN}\n18446744073709551616\n${root()}\n`],
    ['no size', () => `${ORIGIN}\n\n${root()}\n`],
    ['a root cut short', () => `${ORIGIN}\n300\n${root().slice(0, 40)}\n`],
    ['a root of 33 bytes', () => `${ORIGIN}\n300\n${toBase64(new Uint8Array(33))}\n`],
    ['a root not in base64', () => `${ORIGIN}\n300\n${root().replace(/.$/, '-')}\n`],
    ['an empty extension line', () => `${ORIGIN}\n300\n${root()}\n\nmore\n`],
    ['no origin', () => `\n300\n${root()}\n`],
    ['another origin', () => `test.example/t2/audit\n300\n${root()}\n`],
  ])('%s: is refused', async (_, text) => {
    expect(await verify('checkpoint', await sign(text()))).toMatchObject({
      status: 'tampered',
      findings: [{ code: 'checkpoint_invalid', path: 'checkpoint' }],
    });
  });

  it.each(['9007199254740991', '4503599627370496'])(
    'a size of %s: does not keep the verifier walking for ever',
    async (size) => {
      const report = await verify('checkpoint', await sign(`${ORIGIN}\n${size}\n${root()}\n`));
      expect(report.status).toBe('tampered');
      expect(report.findings.length).toBeLessThan(10_010);
    },
  );

  it('extension lines, doubled signatures and unknown signatures change nothing that is signed', async () => {
    const [text = '', line = ''] = note().split('\n\n');
    const stranger = `\u2014 stranger.example ${toBase64(new Uint8Array(68).fill(1))}\n`;
    for (const other of [
      await sign(`${text}\nextension\n`),
      `${text}\n\n${line}${line}`,
      `${text}\n\n${stranger}${line}`,
      `${text}\n\n${line}${stranger}`,
    ])
      expect(await verify('checkpoint', other)).toMatchObject({ status: 'verified', findings: [] });
  });

  it('a second line of the same key that does not hold condemns it', async () => {
    const [text = '', line = ''] = note().split('\n\n');
    const bytes = Buffer.from(line.trim().split(' ')[2] ?? '', 'base64');
    bytes[20] = (bytes[20] as number) ^ 1;
    const bad = `\u2014 ${ORIGIN} ${bytes.toString('base64')}\n`;
    for (const lines of [line + bad, bad + line])
      expect((await verify('checkpoint', `${text}\n\n${lines}`)).status).toBe('tampered');
  });
});

describe('in a directory', () => {
  const copy = join(dir, 'copy');
  async function run(...more: string[]): Promise<[code: number, out: string]> {
    let out = '';
    const io = {
      out: (text: string) => {
        out += text;
      },
      err: (text: string) => {
        out += text;
      },
      env: {},
    };
    return [await runVerify([copy, '--vkey', vkey, ...more], io), out];
  }

  it.each<[what: string, put: (path: string) => void]>([
    ['a folder', (path) => mkdirSync(path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['a link to itself', (path) => symlinkSync(path, path)],
    [
      'a file of 3 GiB',
      (path) => {
        writeFileSync(path, '');
        truncateSync(path, 3 * 2 ** 30);
      },
    ],
  ])('%s in the place of any file is found', async (_, put) => {
    for (const path of files.keys()) {
      if (path === 'vkey') continue;
      removeDir(copy);
      cpSync(log, copy, { recursive: true });
      removeDir(join(copy, path));
      put(join(copy, path));
      const kept = join(dir, 'kept');
      writeFileSync(kept, note());
      const [code, out] = await run('--checkpoint', kept);
      expect([code, out], path).toEqual([1, expect.stringContaining(path)]);
    }
  });
});

describe('a data directory', () => {
  const data = join(dir, 'data');
  const kept = join(dir, 'kept');
  let keys: string[] = [];
  beforeAll(() => {
    const logs = Buffer.from(readFiles(join(dir, 'ledger/t1/logs')).get('vkey') ?? []);
    keys = [vkey, logs.toString().trim()].flatMap((key) => ['--vkey', key]);
  });
  async function run(...more: string[]): Promise<[code: number, out: string]> {
    let out = '';
    const take = (text: string): void => {
      out += text;
    };
    return [await runVerify([data, ...keys, ...more], { out: take, err: take, env: {} }), out];
  }

  it('with one log in the place of another, or two, or none where a checkpoint was kept, is not as it was', async () => {
    const ledger = join(data, 'ledger/t1');
    const second = join(dir, 'second');
    mkdirSync(second);
    const fresh = (): void => {
      removeDir(data);
      cpSync(join(dir, 'ledger'), join(data, 'ledger'), { recursive: true });
    };
    fresh();
    writeFileSync(kept, note());
    expect((await run('--checkpoint', kept))[0]).toBe(0);
    removeDir(join(ledger, 'logs'));
    cpSync(join(ledger, 'audit'), join(ledger, 'logs'), { recursive: true });
    expect(await run()).toEqual([1, expect.stringMatching(/checkpoint_invalid: t1\/logs\/checkpoint/)]);
    fresh();
    cpSync(join(ledger, 'audit'), join(data, 'ledger/t2/audit'), { recursive: true });
    expect(await run()).toEqual([1, expect.stringMatching(/checkpoint_invalid: t2\/audit\/checkpoint/)]);
    fresh();
    removeDir(join(ledger, 'audit'));
    await withLedger(second, realDisk, (l) => l.seal(entries(0, 12)));
    cpSync(join(second, 'ledger/t1'), join(ledger, '../t2'), { recursive: true });
    const [code, out] = await run('--checkpoint', kept);
    expect([code, out]).toEqual([1, expect.stringContaining(`not_a_continuation: ${ORIGIN}/checkpoint`)]);
  });

  it('is not judged by a key that is none, or that fits every message', async () => {
    const weak = `${ORIGIN}+00000000+AQ==`;
    for (const key of ['nonsense', weak, vkey.replace('+', '+0')])
      expect(
        await runVerify([join(dir, 'ledger'), '--vkey', key], {
          out: () => undefined,
          err: () => undefined,
          env: {},
        }),
      ).toBe(2);
  });
});
