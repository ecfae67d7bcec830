import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyLog } from '@prooflog/proof';
import { findLogs } from '@prooflog/proof/node';
import { describe, expect, it } from 'vitest';
import { entries, withLedger } from '../../test/support/ledger.js';
import { type Disk, type DiskFile, realDisk } from '../base/disk.js';

/** What can go wrong with one write: it never happened, or it did and the answer was an error. */
type Mode = 'not persisted' | 'persisted, reported failed';

interface Fault {
  readonly at: number;
  readonly mode: Mode;
}

/** The machine's disk with one of its writes going wrong; counts them. */
class FaultyDisk {
  calls = 0;
  readonly #fault: Fault | null;

  constructor(fault: Fault | null) {
    this.#fault = fault;
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (++this.calls !== this.#fault?.at) return work();
    if (this.#fault.mode === 'persisted, reported failed') await closed(await work());
    throw Object.assign(new Error('injected'), { code: 'EIO' });
  }

  get disk(): Disk {
    const run = this.#run.bind(this);
    return {
      ...realDisk,
      open: async (path, how, mode) => {
        if (how === 'read') return realDisk.open(path, how, mode);
        return this.#file(await run(() => realDisk.open(path, how, mode)));
      },
      link: (from, to) => run(() => realDisk.link(from, to)),
      rename: (from, to) => run(() => realDisk.rename(from, to)),
      remove: (path) => run(() => realDisk.remove(path)),
      removeTree: (path) => run(() => realDisk.removeTree(path)),
      makeDir: (path) => run(() => realDisk.makeDir(path)),
      syncDir: (path) => run(() => realDisk.syncDir(path)),
    };
  }

  #file(file: DiskFile): DiskFile {
    return {
      read: (into, offset) => file.read(into, offset),
      size: () => file.size(),
      truncate: (size) => this.#run(() => file.truncate(size)),
      write: (data, offset) => this.#run(() => file.write(data, offset)),
      sync: () => this.#run(() => file.sync()),
      close: () => file.close(),
    };
  }
}

/** Who was told that it failed does not close what was opened. */
async function closed(result: unknown): Promise<void> {
  if (typeof result === 'object' && result !== null && 'close' in result) await (result as DiskFile).close();
}

/** Audit records up to here end just before a tile is full: the next sealing fills it and begins another. */
const BEFORE = 283;
const AFTER = 290;
const END = 300;

/** Seals up to the edge, once more with the fault, then recovers as a restart would. */
async function play(fault: Fault | null): Promise<{ calls: number; failed: boolean; reports: unknown }> {
  const dir = mkdtempSync(join(tmpdir(), 'prooflog-faults-'));
  try {
    await withLedger(dir, realDisk, (ledger) => ledger.seal(entries(1, BEFORE)));
    const faulty = new FaultyDisk(fault);
    const failed = await withLedger(dir, faulty.disk, (ledger) => ledger.seal(entries(BEFORE, AFTER))).then(
      () => false,
      () => true,
    );
    await withLedger(dir, realDisk, async (ledger, heads) => {
      // Whatever was not sealed is still in the journal.
      await ledger.seal(entries(heads.position, AFTER));
      await ledger.seal(entries(AFTER, END));
    });
    const reports = [];
    for (const log of await findLogs(dir)) reports.push(await verifyLog(log.source));
    return { calls: faulty.calls, failed, reports };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const WHOLE = [
  { status: 'verified', size: 270, findings: [] },
  { status: 'verified', size: 29, findings: [] },
];

describe('every write of a sealing at the edge of a tile', () => {
  it.each<Mode>(['not persisted', 'persisted, reported failed'])(
    'when it is %s: the next start mends it, and the whole tree checks out',
    async (mode) => {
      const clean = await play(null);
      expect(clean).toMatchObject({ failed: false, reports: WHOLE });
      expect(clean.calls).toBeGreaterThan(40);
      let failures = 0;
      for (let at = 1; at <= clean.calls; at++) {
        const { failed, reports } = await play({ at, mode });
        expect(reports, `write ${at} of ${clean.calls}`).toMatchObject(WHOLE);
        if (failed) failures += 1;
      }
      // Most writes are needed for a sealing; only the tidying up behind it may fail unnoticed.
      expect(failures).toBeGreaterThan(clean.calls / 2);
    },
    120_000,
  );
});
