import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testSigner } from '../../test/signer.js';
import { utf8 } from '../hash/bytes.js';
import { leafHash } from '../hash/tree-hash.js';
import { formatCheckpoint } from '../note/checkpoint.js';
import { cosign, formatCosignerVkey } from '../note/cosignature.js';
import { formatNote, formatVkey, type NoteSigner, parseNote, signEd25519Note } from '../note/note.js';
import { formatTlogProof } from '../note/tlog-proof.js';
import { encodeBundle } from '../tile/bundle.js';
import { bundlePath, tilePath } from '../tile/paths.js';
import { runVerify } from './run-verify.js';

const log = testSigner('example.com/t1/audit', 1);
const [w1, w2] = [testSigner('witness.example/w1', 2), testSigner('witness.example/w2', 3)] as const;
const LOG = formatVkey(log.name, log.pub);
const ENTRY = utf8(`{"event_id":"x","integrity":{"prev_hash":"${'0'.repeat(64)}"}}`);

let dir: string;
const put = (name: string, data: string | Uint8Array): void => {
  mkdirSync(dirname(join(dir, name)), { recursive: true });
  writeFileSync(join(dir, name), data);
};

async function checkpoint(...by: NoteSigner[]): Promise<string> {
  const text = formatCheckpoint({ origin: log.name, size: 1, root: leafHash(ENTRY) });
  const note = parseNote(await signEd25519Note(text, log));
  const more = await Promise.all(by.map((w) => cosign(text, w, 1_700_000_000)));
  return formatNote({ ...note, signatures: [...note.signatures, ...more] });
}

/** Runs the command with these arguments. */
async function verify(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await runVerify(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: {},
  });
  return { code, out, err };
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'prooflog-verify-'));
  put(`log/${tilePath(0, 0, 1)}`, leafHash(ENTRY));
  put(`log/${bundlePath(0, 1)}`, encodeBundle([ENTRY]));
  put('log/vkey', `${LOG}\n`);
  const witnesses = [w1, w2]
    .map((w, i) => `witness w${i + 1} ${formatCosignerVkey(w.name, w.pub)}\n`)
    .join('');
  put('both', `log ${LOG}\n${witnesses}group both all w1 w2\nquorum both\n`);
  put('any', `${witnesses}group any any w1 w2\nquorum any\n`);
  put('broken', 'quorum w1\n');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('verify --policy, a log', () => {
  const run = (policy: string, ...more: string[]) =>
    verify(join(dir, 'log'), '--policy', join(dir, policy), ...more);

  it('is verified with the quorum and unknown, not tampered, without', async () => {
    put('log/checkpoint', await checkpoint(w1, w2));
    expect(await run('both')).toMatchObject({ code: 0, err: '' });
    put('log/checkpoint', await checkpoint(w2));
    expect((await run('any')).code).toBe(0);
    const short = await run('both');
    expect(short.code).toBe(2);
    expect(short.out).toContain('unknown');
    expect(short.out).toContain('quorum_not_met');
    expect(short.out).toContain('Witnessed by w2, not by w1');
    const json = JSON.parse((await run('both', '--json')).out) as { logs: unknown[] };
    expect(json.logs).toMatchObject([
      {
        status: 'unknown',
        key: 'trusted',
        witnesses: [
          { name: 'w1', time: null },
          { name: 'w2', time: 1_700_000_000 },
        ],
      },
    ]);
  });

  it('says tampered when an entry was altered, quorum or not', async () => {
    put('log/checkpoint', await checkpoint());
    put(`log/${bundlePath(0, 1)}`, encodeBundle([utf8(Buffer.from(ENTRY).toString().replace('x', 'y'))]));
    expect((await run('both')).code).toBe(1);
    put(`log/${bundlePath(0, 1)}`, encodeBundle([ENTRY]));
  });

  it('says tampered when a cosignature of the policy does not hold', async () => {
    const note = parseNote(await checkpoint(w1, w2));
    const signatures = note.signatures.map((s, i) =>
      i === 2 ? { ...s, signature: s.signature.map((b, at) => (at === 20 ? b ^ 1 : b)) } : s,
    );
    put('log/checkpoint', formatNote({ ...note, signatures }));
    expect((await run('both')).code).toBe(1);
    // Who was not told of the witness passes over it.
    expect((await verify(join(dir, 'log'))).code).toBe(0);
  });

  it('cannot tell under a policy that is wrong, and names its line', async () => {
    expect(await run('broken')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Line 1 of the policy'),
    });
  });
});

describe('verify --policy, a proof', () => {
  async function run(policy: string, ...by: NoteSigner[]) {
    const extra = utf8(`{"record":${Buffer.from(ENTRY).toString()}}`);
    put('p.tlog-proof', formatTlogProof({ extra, index: 0, path: [], checkpoint: await checkpoint(...by) }));
    return verify(join(dir, 'p.tlog-proof'), '--policy', join(dir, policy));
  }

  it('wants the quorum besides all else', async () => {
    expect((await run('both', w1, w2)).code).toBe(0);
    const short = await run('both', w1);
    expect(short.code).toBe(2);
    expect(short.out).toContain('FAIL  quorum: Witnessed by w1, not by w2');
    expect(short.err).toBe('');
    // The same proof without a policy, as the pages check it: the witnesses are unknown and passed over.
    expect((await verify(join(dir, 'p.tlog-proof'), '--vkey', LOG)).code).toBe(0);
    // This policy names no log: there is no key to check the log's signature with.
    expect((await run('any', w1)).err).toContain('--vkey');
  });
});
