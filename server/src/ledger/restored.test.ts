import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseCheckpoint, parseNote, verifyLog } from '@prooflog/proof';
import { findLogs } from '@prooflog/proof/node';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entries, withLedger } from '../../test/support/ledger.js';
import { removeDir, tempDir } from '../../test/support/program.js';
import { realDisk } from '../base/disk.js';
import { mintJournaled } from '../event/mint/journaled.js';
import type { Journaled, LogName } from '../event/stages.js';

const AUDIT: LogName = 't1/audit';

let dir: string;
beforeEach(() => {
  dir = tempDir();
});
afterEach(() => removeDir(dir));

/** Other records than were sealed, at the same positions of the journal. */
const others = (from: number, to: number): Journaled[] =>
  entries(from, to).map((entry) => {
    const payload = Buffer.from(Buffer.from(entry.payload).toString().replace('record', 'forged'));
    return entry.kind === 'record' ? mintJournaled({ ...entry, payload }) : entry;
  });

const checkpoint = (log = AUDIT): string => readFileSync(join(dir, 'ledger', log, 'checkpoint'), 'utf8');
const size = (): number => parseCheckpoint(parseNote(checkpoint()).text).size;

/** Seals in pieces. @returns the codes of what stopped. */
async function seal(made: readonly Journaled[], piece: number): Promise<string[]> {
  const codes: string[] = [];
  await withLedger(dir, realDisk, async (ledger) => {
    for (let i = 0; i < made.length; i += piece)
      codes.push(...(await ledger.seal(made.slice(i, i + piece))).map((failure) => failure.code));
  });
  return codes;
}

/** A ledger sealed to `after`, and the control database as it was at `before`. */
async function restored(before: number, after: number, piece: number): Promise<void> {
  for (const path of ['ledger', 'control.db', 'keys'])
    rmSync(join(dir, path), { recursive: true, force: true });
  await seal(entries(0, before), piece);
  cpSync(join(dir, 'control.db'), join(dir, 'backup.db'));
  await seal(entries(before, after), piece);
  cpSync(join(dir, 'backup.db'), join(dir, 'control.db'));
}

const whole = (): [string, string][] => {
  const root = join(dir, 'ledger');
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  const files = paths.filter((path) => statSync(join(root, path)).isFile() && !path.includes('.p/'));
  return files.map((path) => [path, readFileSync(join(root, path)).toString('hex')]);
};

const verified = async (): Promise<string[]> =>
  (await Promise.all((await findLogs(dir)).map(({ source }) => verifyLog(source)))).map((r) => r.status);

const sizes = fc.record({
  before: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.constantFrom(284, 285, 569)),
  more: fc.integer({ min: 2, max: 400 }),
  piece: fc.integer({ min: 20, max: 300 }),
  again: fc.integer({ min: 5, max: 300 }),
});

describe('a control database older than the ledger', () => {
  it('is caught up with out of the same journal, and no checkpoint goes back meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ before, more, piece, again }) => {
        const after = before + more;
        await restored(before, after, piece);
        const [was, files] = [size(), whole()];
        for (let at = before; at < after; at += again) {
          expect(await seal(entries(at, Math.min(at + again, after)), again)).toEqual([]);
          expect(size()).toBe(was);
        }
        expect(whole()).toEqual(files);
        expect(await seal(entries(after, after + 30), again)).toEqual([]);
        expect(size()).toBeGreaterThan(was);
        expect(await verified()).toEqual(['verified', 'verified']);
      }),
      { numRuns: 12 },
    );
  }, 120_000);

  it('never makes a second history: a journal that says something else stops the log', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ before, more, piece, again }) => {
        const after = before + more;
        await restored(before, after, piece);
        const was = checkpoint();
        if (entries(before, after).every((entry) => entry.kind === 'block')) return;
        expect(await seal(others(before, after + 300), again)).toEqual(['ledger_conflict']);
        expect(checkpoint()).toBe(was);
        expect(await verified()).toContain('verified');
      }),
      { numRuns: 12 },
    );
  }, 120_000);

  it('publishes no earlier checkpoint when the keys change', async () => {
    await restored(100, 200, 50);
    const was = checkpoint();
    await withLedger(dir, realDisk, (ledger) => ledger.resign('t1', async () => undefined));
    expect(checkpoint()).toBe(was);
  });
});
