import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyLog } from '@prooflog/proof';
import { findLogs } from '@prooflog/proof/node';
import { afterAll, describe, expect, it } from 'vitest';
import { entries, withLedger } from '../../test/support/ledger.js';
import { realDisk } from '../base/disk.js';

/** Journal entries up to which the log of records has this many: every tenth entry is a block of the other log. */
const upTo = (records: number): number => records + Math.floor((records - 1) / 9) + 1;

const dir = mkdtempSync(join(tmpdir(), 'prooflog-sizes-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('a log at the edges of its tiles', () => {
  // One log that grows: 256 fills a tile of level 0, 65,536 one of level 1.
  it.each([1, 255, 256, 257, 65_535, 65_536, 65_537])(
    'of %i records is whole, and grown from what it was',
    async (size) => {
      const before = await heads();
      await withLedger(dir, realDisk, async (ledger, known) => {
        for (let at = Math.max(1, known.position); at < upTo(size); at += 10_000)
          await ledger.seal(entries(at, Math.min(upTo(size), at + 10_000)));
      });
      for (const { name, source } of await findLogs(dir)) {
        const kept = before.get(name);
        const report = await verifyLog(source, kept === undefined ? {} : { previousCheckpoint: kept });
        expect(report).toMatchObject({ status: 'verified', findings: [] });
        if (name.endsWith('audit')) expect(report.records).toBe(size);
      }
    },
    120_000,
  );
});

/** The checkpoints as an auditor would have kept them. */
async function heads(): Promise<Map<string, string>> {
  const kept = new Map<string, string>();
  for (const { name, source } of await findLogs(dir)) {
    const bytes = await source.read('checkpoint');
    if (bytes !== null) kept.set(name, Buffer.from(bytes).toString());
  }
  return kept;
}
