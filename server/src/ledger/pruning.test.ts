import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePath, TILE_WIDTH, verifyLog } from '@prooflog/proof';
import { directorySource } from '@prooflog/proof/node';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entries, withLedger } from '../../test/support/ledger.js';
import { removeDir, tempDir } from '../../test/support/program.js';
import { keyringSigner } from '../../test/support/signer.js';
import { realDisk } from '../base/disk.js';
import { Keyring } from '../base/keyring.js';
import type { LogName } from '../event/stages.js';
import { Pruning } from './pruning.js';
import type { Signer } from './signer.js';

const LOGS = ['t1/audit', 't1/logs'] as const;
const whole = tempDir();
const sizes = new Map<LogName, number>();

beforeAll(async () => {
  await withLedger(whole, realDisk, async (ledger) => {
    await ledger.seal(entries(0, 3_003));
    for (const log of LOGS) sizes.set(log, ledger.size(log));
  });
});
afterAll(() => removeDir(whole));

const origin = (log: string): string => `test.example/${log}`;
const signer = async (): Promise<Signer> => keyringSigner(await Keyring.open(realDisk, join(whole, 'keys')));

/** Works in a copy of one log. */
async function inCopy(
  log: LogName,
  work: (dir: string, pruning: Pruning, vkey: string) => Promise<void>,
): Promise<void> {
  const copy = tempDir();
  try {
    const dir = join(copy, log);
    cpSync(join(whole, 'ledger', log), dir, { recursive: true });
    const keys = await signer();
    const pruning = new Pruning({ disk: realDisk, signer: keys, origin, dirOf: (name) => join(copy, name) });
    await work(dir, pruning, (await keys.vkeys('t1', origin(log)))[0] as string);
  } finally {
    removeDir(copy);
  }
}

const check = (dir: string, vkey: string) => verifyLog(directorySource(dir), { vkeys: [vkey] });
const filesIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(dir, name)).isFile(),
  );

/** Whether a file holds bytes of entries below the minimum index and of none above. */
function isBelow(path: string, minimum: number): boolean {
  const parsed = parsePath(path);
  if (parsed === null || parsed.kind === 'tile') return false;
  if (parsed.kind === 'block') return parsed.leaf < minimum;
  return parsed.width === TILE_WIDTH && (parsed.index + 1) * TILE_WIDTH <= minimum;
}

const someLog = () =>
  fc.constantFrom(...LOGS).chain((log) =>
    fc.record({
      log: fc.constant(log),
      // Boundaries of bundles more often than chance would have it.
      minimum: fc.oneof(
        fc.nat(sizes.get(log) ?? 0),
        fc.nat(Math.floor((sizes.get(log) ?? 0) / TILE_WIDTH)).map((n) => n * TILE_WIDTH),
      ),
      pick: fc.nat(),
    }),
  );

describe('a log whose beginning expired', () => {
  it('verifies at any minimum index, and anything else that is missing is found', async () => {
    const property = fc.asyncProperty(someLog(), async ({ log, minimum, pick }) =>
      inCopy(log, async (dir, pruning, vkey) => {
        const before = filesIn(dir);
        await pruning.publish(log, minimum);
        await pruning.remove(log, 0, minimum);
        const left = filesIn(dir).filter((path) => path !== 'minimum-index');
        expect(left.sort()).toEqual(before.filter((path) => !isBelow(path, minimum)).sort());
        const report = await check(dir, vkey);
        const gone = log === 't1/logs' ? minimum : Math.floor(minimum / TILE_WIDTH) * TILE_WIDTH;
        expect([report.status, report.findings, report.counts.expired]).toEqual(['verified', [], gone]);
        expect(report.counts.verified).toBe(report.records);

        const sealed = left.filter((path) => /^(?:tile|block)\//.test(path));
        const victim = sealed[pick % sealed.length] as string;
        const bytes = readFileSync(join(dir, victim));
        rmSync(join(dir, victim));
        const robbed = await check(dir, vkey);
        expect(robbed.status, `${victim} of ${log} below ${minimum}`).toBe('tampered');
        expect(robbed.findings.map((finding) => finding.path)).toContain(victim);

        const bad = Buffer.from(bytes);
        bad[pick % bad.length] = (bad[pick % bad.length] ?? 0) ^ 1;
        writeFileSync(join(dir, victim), bad);
        expect((await check(dir, vkey)).status, `${victim} of ${log}, altered`).toBe('tampered');
      }),
    );
    await fc.assert(property, { numRuns: 60 });
  }, 300_000);

  it('may still have files that were about to be deleted, and loses them when it is done again', async () => {
    await inCopy('t1/logs', async (dir, pruning, vkey) => {
      await pruning.publish('t1/logs', 300);
      expect((await check(dir, vkey)).counts).toMatchObject({ expired: 0 });
      await pruning.remove('t1/logs', 0, 100);
      expect((await check(dir, vkey)).counts).toMatchObject({ expired: 100 });
      await pruning.remove('t1/logs', 0, 300);
      await pruning.remove('t1/logs', 0, 300);
      expect((await check(dir, vkey)).counts).toMatchObject({ expired: 300 });
      expect(existsSync(join(dir, 'tile/entries/000'))).toBe(false);
    });
  });
});

describe('a minimum index', () => {
  const LOG = 't1/audit';
  const note = async (text: (keys: Signer) => Promise<string>): Promise<string> => text(await signer());
  it.each<[string, () => Promise<string>]>([
    ['of another log', () => note((keys) => keys.minimumIndex('t1', origin('t1/logs'), 512))],
    ['signed by another key', () => note((keys) => keys.minimumIndex('t2', origin(LOG), 512))],
    ['beyond the end of the log', () => note((keys) => keys.minimumIndex('t1', origin(LOG), 1_000_000))],
    [
      'altered',
      async () => (await note((keys) => keys.minimumIndex('t1', origin(LOG), 511))).replace('511', '512'),
    ],
    [
      'that is a checkpoint',
      () =>
        note((keys) => keys.checkpoint('t1', origin(LOG), { log: LOG, size: 512, root: Buffer.alloc(32) })),
    ],
    ['that is no note', async () => 'prooflog-minimum-index@v1\n512\n'],
    ['that is missing', async () => ''],
  ])('%s lets nothing be missing', async (_, make) => {
    await inCopy(LOG, async (dir, pruning, vkey) => {
      await pruning.remove(LOG, 0, 512);
      const text = await make();
      if (text !== '') writeFileSync(join(dir, 'minimum-index'), text);
      const report = await check(dir, vkey);
      expect([report.status, report.counts.expired]).toEqual(['tampered', 0]);
      const codes = report.findings.map((finding) => finding.code);
      expect(codes.filter((code) => code === 'bundle_broken')).toHaveLength(2);
      expect(codes.includes('minimum_index_invalid')).toBe(text !== '');
    });
  });

  it('that is too small lets nothing be missing behind it', async () => {
    await inCopy(LOG, async (dir, pruning, vkey) => {
      await pruning.publish(LOG, 511);
      await pruning.remove(LOG, 0, 512);
      const report = await check(dir, vkey);
      expect(report.findings.map(({ code, path }) => [code, path])).toEqual([
        ['bundle_broken', 'tile/entries/001'],
      ]);
    });
  });

  it('is not taken for a checkpoint', async () => {
    await inCopy(LOG, async (dir, pruning, vkey) => {
      await pruning.publish(LOG, 512);
      writeFileSync(join(dir, 'checkpoint'), readFileSync(join(dir, 'minimum-index')));
      expect((await check(dir, vkey)).findings[0]?.code).toBe('checkpoint_invalid');
    });
  });
});
