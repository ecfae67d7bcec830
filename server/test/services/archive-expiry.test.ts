import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { type LogReport, verifyLog } from '@prooflog/proof';
import { findLogs } from '@prooflog/proof/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Archiver } from '../../src/archive/archiver.js';
import { S3Bucket } from '../../src/archive/bucket.js';
import { readerMirror } from '../../src/archive/mirror.js';
import { Repair } from '../../src/archive/repair.js';
import { bucketLogs } from '../../src/archive/source.js';
import { type ArchiveTables, archiveMigrations, Positions } from '../../src/archive/tables.js';
import { openDatabase } from '../../src/base/database.js';
import { realDisk } from '../../src/base/disk.js';
import { Keyring } from '../../src/base/keyring.js';
import type { LogName } from '../../src/event/stages.js';
import { MeteredFiles } from '../../src/integrity/files.js';
import { Heads } from '../../src/ledger/heads.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { Manifest } from '../../src/ledger/manifest.js';
import { Pruning } from '../../src/ledger/pruning.js';
import { type LedgerTables, ledgerMigrations } from '../../src/ledger/tables.js';
import { entries } from '../support/ledger.js';
import { removeDir, tempDir } from '../support/program.js';
import { describeWith } from '../support/real-part.js';
import { BUCKET, isInstalled, S3Server } from '../support/s3.js';
import { keyringSigner } from '../support/signer.js';

const LOCKED_MS = 15_000;
const MINIMUM = { 't1/audit': 600, 't1/logs': 280 } as const;
const dir = tempDir();
const ledgerDir = join(dir, 'ledger');
const minimums = new Map<LogName, number>();
const removed: [LogName, number, number][] = [];
const closing: (() => Promise<unknown>)[] = [];
let s3: S3Server;
let parts: Awaited<ReturnType<typeof open>>;

async function open() {
  const control = await openDatabase<LedgerTables>(join(dir, 'control.db'), ledgerMigrations);
  const heads = await Heads.load(control.db);
  const signer = keyringSigner(await Keyring.open(realDisk, join(dir, 'keys')));
  const origin = (log: LogName): string => `test.example/${log}`;
  const ledger = new Ledger({ dir: ledgerDir, disk: realDisk, heads, signer, origin });
  const pruning = new Pruning({ disk: realDisk, signer, origin, dirOf: (log) => join(ledgerDir, log) });
  return { control, heads, signer, origin, ledger, pruning, manifest: new Manifest(control.db) };
}

const bucket = (prefix: string): S3Bucket => new S3Bucket(s3.client('root'), BUCKET, prefix);

async function archiver(prefix: string): Promise<Archiver> {
  const { heads, signer, origin, manifest } = parts;
  const archived = await openDatabase<ArchiveTables>(join(dir, `${prefix}.db`), archiveMigrations);
  closing.push(archived.close);
  const fail = (error: unknown): void => {
    throw error;
  };
  const made = await Archiver.open({
    ...{ disk: realDisk, dir: ledgerDir, heads, manifest, signer, origin, every: 50 },
    bucket: bucket(prefix),
    positions: await Positions.load(archived.db),
    clock: Date.now,
    retainUntil: async (_, now) => now + LOCKED_MS,
    minimum: (log) => minimums.get(log) ?? 0,
    onRemoved: async (log, from, to) => void removed.push([log, from, to]),
    onOutage: (error) => error !== null && fail(error),
    onStopped: (_, failure) => fail(failure),
  });
  closing.push(() => made.stop());
  made.start();
  return made;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await holds()); ) {
    if (Date.now() > end) throw new Error('it never came to hold');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function reports(prefix: string): Promise<Record<string, LogReport>> {
  const logs = await bucketLogs(bucket(prefix));
  const all = await Promise.all(
    logs.map(async ({ name, source }) => [name, await verifyLog(source)] as const),
  );
  return Object.fromEntries(all);
}

/** Paths of everything under a prefix, versions included. */
async function versions(prefix: string): Promise<Set<string>> {
  const paths = new Set<string>();
  for await (const { path } of bucket(prefix).versions('')) paths.add(path);
  return paths;
}

const has = async (prefix: string, path: string): Promise<boolean> =>
  (await bucket(prefix).get(path)) !== null;
const copied = async (prefix: string): Promise<boolean> =>
  (await has(prefix, 't1/logs/checkpoint')) && (await has(prefix, 't1/audit/checkpoint'));
const verified = { status: 'verified', findings: [] };

describeWith(
  'the S3 server (node scripts/services/s3.js --install)',
  isInstalled(),
  'expiry in the archive',
  () => {
    beforeAll(async () => {
      s3 = await S3Server.start(join(dir, 's3'));
      parts = await open();
      await parts.ledger.seal(entries(0, 3_003));
    });
    afterAll(async () => {
      for (const close of closing.reverse()) await close();
      await parts?.control.close();
      await s3?.stop();
      removeDir(dir);
    });

    it('takes the same bytes out of the bucket, all versions, once their locks have run out', async () => {
      const made = await archiver('first');
      await until(() => copied('first'));
      const before = await versions('first');
      cpSync(ledgerDir, join(dir, 'copy'), { recursive: true });
      for (const [log, minimum] of Object.entries(MINIMUM) as [LogName, number][]) {
        minimums.set(log, minimum);
        await parts.pruning.publish(log, minimum);
        await parts.pruning.remove(log, 0, minimum);
      }
      await until(() => has('first', 't1/logs/minimum-index'));
      await until(() => has('first', 't1/audit/minimum-index'));
      // What is still locked is there, and that is no contradiction.
      expect(await reports('first')).toMatchObject({ 't1/audit': verified, 't1/logs': verified });
      await until(async () => !(await versions('first')).has('t1/audit/tile/entries/001'));
      await until(async () => !(await versions('first')).has('t1/logs/block/279'));
      const after = await versions('first');
      const expected = [
        ...['t1/audit/tile/entries/000', 't1/audit/tile/entries/001', 't1/logs/tile/entries/000'],
        ...Array.from({ length: 280 }, (_, i) => `t1/logs/block/${String(i).padStart(3, '0')}`),
      ];
      expect([...before].filter((path) => !after.has(path)).sort()).toEqual(expected.sort());
      const all = await reports('first');
      expect(all['t1/audit']).toMatchObject({ ...verified, counts: { expired: 512 } });
      expect(all['t1/logs']).toMatchObject({ ...verified, counts: { expired: 280 } });
      for (const [log, minimum] of Object.entries(MINIMUM)) {
        const steps = removed.filter(([name]) => name === log);
        expect(steps[0]?.[1]).toBe(0);
        expect(steps.at(-1)?.[2]).toBe(minimum);
      }
      await made.stop();
    }, 120_000);

    it('turned on later, it copies what is left, and the copy verifies', async () => {
      const made = await archiver('later');
      await until(() => copied('later'));
      expect(made.stoppedLogs).toBe(0);
      const all = await reports('later');
      expect(all['t1/audit']).toMatchObject({ ...verified, counts: { expired: 512 } });
      expect(all['t1/logs']).toMatchObject({ ...verified, counts: { expired: 280 } });
      await made.stop();
    }, 120_000);

    it('a repair brings nothing back', async () => {
      const logs = await findLogs(join(dir, 'copy'));
      const files = new MeteredFiles();
      for (const head of parts.heads.all()) {
        const repair = new Repair(
          {
            ...{
              disk: realDisk,
              dir: ledgerDir,
              quarantine: join(dir, 'quarantine'),
              manifest: parts.manifest,
            },
            mirror: readerMirror('directory', (log) => logs.find(({ name }) => name === log)?.source.read),
            minimum: (log) => minimums.get(log) ?? 0,
            read: (path) => files.read(path),
          },
          head,
        );
        await repair.run();
        expect(repair.report).toEqual({ log: head.log, mended: [], unmended: [] });
      }
    });
  },
);
