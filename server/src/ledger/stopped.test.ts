import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyLog } from '@prooflog/proof';
import { findLogs } from '@prooflog/proof/node';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entries, withLedger } from '../../test/support/ledger.js';
import { removeDir, tempDir } from '../../test/support/program.js';
import { realDisk } from '../base/disk.js';
import type { EntrySource } from '../event/follow.js';
import type { Journaled, LogName } from '../event/stages.js';
import { Sealer } from './sealer.js';

let dir: string;
beforeEach(() => {
  dir = tempDir();
});
afterEach(() => removeDir(dir));

const AUDIT: LogName = 't1/audit';
const END = 700;

/** A journal that has everything up to `durable`, and gives it in pieces of a size. */
class Entries implements EntrySource {
  durable: number;
  readonly #piece: number;
  constructor(durable: number, piece: number) {
    this.durable = durable;
    this.#piece = piece;
  }
  async read(from: number): Promise<Journaled[]> {
    return entries(from, Math.min(from + this.#piece, this.durable));
  }
  onDurable(): () => void {
    return () => undefined;
  }
}

/** Seals until all is sealed that can be, as the program does. @returns the codes of what went wrong. */
async function run(to: number, piece: number, done: (sealer: Sealer) => boolean): Promise<string[]> {
  const codes: string[] = [];
  await withLedger(dir, realDisk, async (ledger, heads) => {
    const source = new Entries(to, piece);
    const sealer = new Sealer(
      source,
      ledger,
      heads,
      (error) => void codes.push((error as { code: string }).code),
    );
    await new Promise<void>((resolve) => {
      sealer.onSealed(() => done(sealer) && resolve());
      sealer.start();
      if (done(sealer)) resolve();
    });
    await sealer.stop();
  });
  return codes;
}

const allBut = (to: number) => (sealer: Sealer) => sealer.position === to;
const all = (to: number) => (sealer: Sealer) => sealer.position === to && sealer.stopped.size === 0;

/** All files of the ledger that do not depend on where batches ended. */
function files(of = dir): Map<string, string> {
  const root = join(of, 'ledger');
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const whole = paths.filter((path) => statSync(join(root, path)).isFile() && !path.includes('.p/'));
  return new Map(whole.sort().map((path) => [path, readFileSync(join(root, path)).toString('hex')]));
}

/** The last tile of a log, and how it is put back. */
function damage(log: LogName): () => void {
  const tiles = join(dir, 'ledger', log, 'tile/0');
  const partial = readdirSync(tiles, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.includes('.p/'))
    .sort((a, b) => Number(a.split('/')[1]) - Number(b.split('/')[1]))
    .at(-1);
  const path = join(tiles, partial ?? '');
  const bytes = readFileSync(path);
  const write = (content: Uint8Array): void => {
    chmodSync(path, 0o644);
    writeFileSync(path, content);
  };
  write(bytes.map((byte, i) => (i === 7 ? byte ^ 1 : byte)));
  return () => write(bytes);
}

async function verified(): Promise<string[]> {
  const reports = await Promise.all((await findLogs(dir)).map(({ source }) => verifyLog(source)));
  return reports.map(({ status, size }) => `${status} ${size}`);
}

describe('a log whose last files were altered', () => {
  it('stops alone, and is sealed to the same bytes once they are mended', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 3, max: 600 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 20, max: 300 }),
        fc.constantFrom<LogName>('t1/audit', 't1/logs'),
        async (first, more, piece, log) => {
          for (const path of ['ledger', 'control.db', 'control.db-wal', 'control.db-shm'])
            rmSync(join(dir, path), { recursive: true, force: true });
          await run(END, piece, all(END));
          const never = files();
          for (const path of ['ledger', 'control.db', 'control.db-wal', 'control.db-shm'])
            rmSync(join(dir, path), { recursive: true, force: true });

          const at = Math.max(first, 21);
          await run(at, piece, all(at));
          if ((at - Math.ceil(at / 10)) % 256 === 0 || Math.ceil(at / 10) % 256 === 0) return;
          const mend = damage(log);
          const then = Math.min(at + more + 20, END - 1);
          const codes = await run(then, piece, allBut(then));
          expect(codes).toContain('ledger_conflict');
          mend();
          // After another start, so that no clock is waited for.
          await run(END, piece, all(END));
          expect(files()).toEqual(never);
          expect(await verified()).toEqual(['verified 630', 'verified 70']);
        },
      ),
      { numRuns: 8 },
    );
  }, 120_000);

  it('goes on without a restart, and what came meanwhile is neither lost nor doubled', async () => {
    await run(100, 50, all(100));
    const mend = damage(AUDIT);
    let failures = 0;
    await withLedger(dir, realDisk, async (ledger, heads) => {
      const seen: unknown[] = [];
      const sealer = new Sealer(new Entries(300, 40), ledger, heads, () => {
        failures += 1;
        if (failures < 2) return;
        seen.push(sealer.position, ledger.size('t1/logs'), ledger.size(AUDIT), heads.released);
        mend();
      });
      sealer.start();
      expect(await sealer.sealedTo(300, AbortSignal.timeout(30_000))).toBe(true);
      expect(await sealer.sealedTo(300, AbortSignal.timeout(30_000), AUDIT)).toBe(true);
      // The others were sealed while it stood still, and the journal was kept for it.
      expect(seen).toEqual([300, 30, 90, 101]);
      expect(heads.released).toBe(300);
      await sealer.stop();
    });
    expect(failures).toBe(2);
    expect(await verified()).toEqual(['verified 270', 'verified 30']);
  }, 60_000);

  it('waits for nobody who asks for another log, and gives up on the one that stopped', async () => {
    await run(100, 50, all(100));
    damage(AUDIT);
    await withLedger(dir, realDisk, async (ledger, heads) => {
      const sealer = new Sealer(new Entries(200, 40), ledger, heads, () => undefined);
      sealer.start();
      expect(await sealer.sealedTo(200, AbortSignal.timeout(30_000), 't1/logs')).toBe(true);
      expect(await sealer.sealedTo(200, AbortSignal.timeout(100), AUDIT)).toBe(false);
      expect([...sealer.stopped]).toEqual([[AUDIT, 101]]);
      await sealer.stop();
    });
  });

  it.each([
    ['a folder where its next file should be', 'tile/0/000'],
    ['a file where its next folder should be', 'tile/1'],
  ])('is the only one to stop for %s', async (_what, path) => {
    await run(2, 2, all(2));
    const full = join(dir, 'ledger', AUDIT, path);
    if (path === 'tile/1') writeFileSync(full, 'x');
    else mkdirSync(full);
    expect(await run(400, 400, allBut(400))).toContain('ledger_conflict');
    rmSync(full, { recursive: true });
    await run(400, 400, all(400));
    expect(await verified()).toEqual(['verified 360', 'verified 40']);
  });
});
