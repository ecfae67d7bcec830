import { join } from 'node:path';
import {
  bundlePath,
  cosign,
  encodeBundle,
  type Finding,
  formatCosignerVkey,
  formatNote,
  fromBase64,
  type NoteSigner,
  parseCheckpoint,
  parseNote,
  parsePath,
  parsePolicy,
  tileHashes,
  tilePath,
  treeRoot,
  verifyConsistency,
  verifyLog,
  verifyNote,
} from '@prooflog/proof';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realDisk } from '../../../src/base/disk.js';
import { signingKey } from '../../../src/base/ed25519.js';
import { entries, withLedger } from '../../support/ledger.js';
import { removeDir, tempDir } from '../../support/program.js';
import { random } from '../../support/random.js';
import { type Changes, changed, readFiles } from '../../support/stored-log.js';
import { type Act, actOn, exchange, regionOf } from './acts.js';
import { type Insider, rewrite } from './rewrite.js';

/** T3 on a long log, by somebody who has nothing but the verifier key: no server, manifest or control database. */

const SEED = 20261121;
const SIZE = 70_000;
const FULL = Math.floor(SIZE / 256);
const ORIGIN = 'test.example/t1/audit';
const dir = tempDir();
const witness: NoteSigner = { name: 'witness.example/w1', ...signingKey(Buffer.alloc(32, 7)) };
let insider: Insider;
let vkey = '';
/** Acts so far, over all tests. */
let acts = 0;

beforeAll(async () => {
  await withLedger(dir, realDisk, async (ledger, _, signer) => {
    const all = entries(0, Math.ceil((SIZE * 10) / 9) + 10).filter((entry) => entry.log === 't1/audit');
    await ledger.seal(all.slice(0, SIZE));
    const files = readFiles(join(dir, 'ledger/t1/audit'));
    insider = { files, size: SIZE, tenant: 't1', origin: ORIGIN, signer };
    [vkey = ''] = await signer.vkeys('t1', ORIGIN);
  });
}, 120_000);
afterAll(() => removeDir(dir));

const verify = (changes: Changes, more: Parameters<typeof verifyLog>[1] = {}) =>
  verifyLog(changed(insider.files, changes), { vkeys: [vkey], ...more });

const published = (): string => Buffer.from(insider.files.get('checkpoint') as Uint8Array).toString();

/** The checkpoint this log had when it was shorter. */
async function earlier(size: number): Promise<string> {
  const root = await treeRoot(size, tileHashes(SIZE, changed(insider.files).read));
  return insider.signer.checkpoint('t1', ORIGIN, { log: 't1/audit', size, root });
}

async function cosigned(note: string): Promise<string> {
  const { text, signatures } = parseNote(note);
  return formatNote({ text, signatures: [...signatures, await cosign(text, witness, 1_700_000_000)] });
}

/** Whether a finding speaks of what was done: the entry behind it is chained to it, the tiles above cover it. */
function concerns({ path, index = -1 }: Finding, { from, to }: Act): boolean {
  const p = parsePath(path);
  const span = p?.kind === 'tile' ? 256 ** p.level : 1;
  return index <= to && index + span > from;
}

const together = (list: readonly Act[]): Map<string, Uint8Array | null> =>
  new Map(list.flatMap((act) => act.files));

describe('1,000 acts of tampering', () => {
  it('to bundles and tiles: each is found where it was done, and nothing else is', async () => {
    const rnd = random(SEED);
    while (acts < 850) {
      const free = Array.from({ length: FULL }, (_, i) => i);
      const take = () => regionOf(insider.files, free.splice(rnd(free.length), 1)[0] as number);
      const list: Act[] = [];
      while (list.length < 20)
        if (rnd(6) === 0) list.push(...exchange(take(), take(), rnd));
        else list.push(actOn(take(), rnd));
      const { status, findings } = await verify(together(list));
      expect(status).toBe('tampered');
      for (const act of list) {
        const found = findings.filter((f) => (f.index ?? -1) >= act.from && (f.index ?? -1) < act.to);
        expect(found, `seed ${SEED}: ${act.what}`).not.toEqual([]);
      }
      const others = findings.filter((f) => !list.some((act) => concerns(f, act)));
      expect(others, list.map((act) => act.what).join('; ')).toEqual([]);
      acts += list.length;
    }
  }, 300_000);

  it('to the other files: the upper tiles, the partial ones, and files that no log has', async () => {
    const rnd = random(SEED + 1);
    const paths = [...insider.files.keys()].filter((p) => /^tile\/[12]|\.p\//.test(p));
    expect(paths).toHaveLength(5);
    for (let n = 0; n < 40; n++, acts++) {
      const path = paths[n % paths.length] as string;
      const bytes = insider.files.get(path) as Uint8Array;
      const at = rnd(bytes.length);
      const other = [
        null,
        bytes.subarray(0, at),
        Buffer.concat([bytes, Buffer.alloc(1)]),
        bytes.map((b, i) => (i === at ? b ^ (1 + rnd(255)) : b)),
      ][rnd(4)] as Uint8Array | null;
      const { status, findings } = await verify(new Map([[path, other]]));
      expect([status, findings.map((f) => f.path)], `${path}, act ${n}`).toEqual(['tampered', [path]]);
    }
    for (let n = 0; n < 10; n++, acts++) {
      const path = [`notes/${n}`, `tile/0/${n}`, `block/00${n}`, `tile/entries/x00/${n}`, 'Checkpoint'][
        n % 5
      ];
      const { findings } = await verify(new Map([[String(path), Buffer.from('x')]]));
      expect(findings).toMatchObject([{ code: 'file_added', path }]);
    }
  }, 120_000);

  it('to the checkpoint: every change of its text, and its removal where one was kept', async () => {
    const [origin = '', size = '', root = '', , signature = ''] = published().split('\n');
    const note = (...lines: string[]) => `${lines.join('\n')}\n\n${signature}\n`;
    const other = await insider.signer.checkpoint('t1', 'test.example/t1/logs', {
      ...{ log: 't1/logs', size: SIZE, root: fromBase64(root) as Uint8Array },
    });
    const texts = [
      note(origin, String(SIZE - 1), root),
      note(origin, size, Buffer.alloc(32).toString('base64')),
      note('test.example/t2/audit', size, root),
      note(origin, size, root, 'extension'),
      other,
      published().replace('\u2014', '-'),
    ];
    for (const text of texts) {
      const { status, findings } = await verify(new Map([['checkpoint', Buffer.from(text)]]));
      expect([status, findings[0]?.code], text).toEqual(['tampered', 'checkpoint_invalid']);
      acts += 1;
    }
    const removed = new Map([['checkpoint', null]]);
    const alone = await verify(removed);
    expect([alone.status, alone.findings[0]?.code]).toEqual(['unknown', 'checkpoint_missing']);
    expect((await verify(removed, { previousCheckpoint: published() })).status).toBe('tampered');
    acts += 1;
  });

  it('with the signing key: unseen in the log alone, shown by a kept checkpoint or a missing cosignature', async () => {
    const rnd = random(SEED + 2);
    const kept = await cosigned(published());
    const policy = parsePolicy(
      `log ${vkey}\nwitness w1 ${formatCosignerVkey(witness.name, witness.pub)}\nquorum w1\n`,
    );
    expect((await verify(new Map([['checkpoint', Buffer.from(kept)]]), { policy })).status).toBe('verified');
    const edits: ((list: string[]) => string[])[] = [
      ([one = '', ...rest]) => [one.replace('record', 'recorb'), ...rest],
      ([_, ...rest]) => rest,
      ([a = '', b = '', ...rest]) => [b, a, ...rest],
      (list) => [list[0] as string, ...list],
      (list) => ['{"integrity":{"prev_hash":"'.concat('0'.repeat(64), '"},"text":"new"}'), ...list],
    ];
    for (let n = 0; n < 42; n++, acts++) {
      const from = n % 6 === 0 ? rnd(SIZE - 10) : SIZE - 10 - rnd(3_000);
      const files = await rewrite(insider, from, edits[n % edits.length] as (typeof edits)[0]);
      const what = `act ${n}, from ${from}`;
      const size = Number(
        Buffer.from(files.get('checkpoint') as Uint8Array)
          .toString()
          .split('\n')[1],
      );
      const seen = await verify(files, { policy, previousCheckpoint: kept });
      const code = size < SIZE ? 'not_a_continuation' : 'fork';
      expect([seen.status, seen.findings.map((f) => f.code)], what).toEqual([
        'tampered',
        ['quorum_not_met', code],
      ]);
      if (code === 'fork') checkEvidence(seen.findings[1]?.evidence, size);
      if (n % 6 > 0) continue;
      // Whoever keeps nothing and asks no witness has no way to know.
      const { status, findings } = await verify(files);
      expect([status, findings.filter((f) => f.code !== 'file_added')], what).toEqual(['verified', []]);
      const witnessed = await verify(files, { policy });
      expect([witnessed.status, witnessed.findings[0]?.code], what).toEqual(['unknown', 'quorum_not_met']);
    }
  }, 300_000);

  it('by going back: an older head of the log is genuine, and found by whoever keeps a newer one', async () => {
    const rnd = random(SEED + 3);
    for (let n = 0; n < 51; n++, acts++) {
      const size = 1 + rnd(SIZE - 1);
      const old = await rewrite(insider, size, () => []);
      expect((await verify(old)).status, `rollback ${n}`).toBe('verified');
      const { status, findings } = await verify(old, { previousCheckpoint: published() });
      expect([status, findings], `rollback ${n}`).toMatchObject([
        'tampered',
        [{ code: 'not_a_continuation', index: size }],
      ]);
    }
    expect(acts).toBeGreaterThanOrEqual(1_000);
  }, 120_000);
});

/** By the two notes, the key and the path alone: no log at hand. */
function checkEvidence(
  evidence: NonNullable<Awaited<ReturnType<typeof verify>>['findings'][0]>['evidence'],
  size: number,
) {
  const [kept, now] = [evidence?.kept ?? '', evidence?.published ?? ''].map((note) =>
    parseCheckpoint(verifyNote(note, [vkey]).text),
  ) as [ReturnType<typeof parseCheckpoint>, ReturnType<typeof parseCheckpoint>];
  expect([kept.size, now.size, kept.origin]).toEqual([SIZE, size, now.origin]);
  const root1 = fromBase64(evidence?.root ?? '') as Uint8Array;
  const path = (evidence?.path ?? []).map((hash) => fromBase64(hash) as Uint8Array);
  expect(verifyConsistency({ size1: SIZE, size2: size, root1, root2: now.root, path })).toBe(true);
  expect(Buffer.from(root1).equals(kept.root)).toBe(false);
}

describe('a log that was left alone', () => {
  it('has no finding, whatever a crash, a reader or a later head has left beside it', async () => {
    const rnd = random(SEED + 4);
    for (let n = 0; n < 20; n++) {
      const { index, entries: list, tile } = regionOf(insider.files, rnd(FULL));
      const width = 1 + rnd(255);
      const harmless = new Map<string, Uint8Array>([
        [bundlePath(index, width), encodeBundle(list.slice(0, width))],
        [tilePath(0, index, width), tile.subarray(0, 32 * width)],
        [bundlePath(FULL + 1 + rnd(1e6)), Buffer.from('of a later head')],
        [`tile/0/${rnd(1e6)}.1.2.tmp`, Buffer.from('left by a crash')],
      ]);
      const previousCheckpoint = await earlier(1 + rnd(SIZE));
      const report = await verify(harmless, { previousCheckpoint });
      expect(report, `control ${n}`).toMatchObject({ status: 'verified', findings: [], records: SIZE });
    }
  }, 120_000);
});
