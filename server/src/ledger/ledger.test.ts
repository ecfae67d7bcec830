import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyLog, verifyRecordProof } from '@prooflog/proof';
import { directorySource, findLogs } from '@prooflog/proof/node';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyringSigner } from '../../test/support/signer.js';
import { openDatabase } from '../base/database.js';
import { realDisk } from '../base/disk.js';
import { Keyring } from '../base/keyring.js';
import { formatUuid } from '../base/uuid.js';
import { mintJournaled } from '../event/mint/journaled.js';
import type { Journaled } from '../event/stages.js';
import { Heads } from './heads.js';
import { Ledger } from './ledger.js';
import { proveRecord } from './proofs.js';
import { LedgerReader } from './reader.js';
import { type LedgerTables, ledgerMigrations } from './tables.js';

let dir: string;
let close: () => Promise<void> = async () => undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'prooflog-ledger-'));
});
afterEach(async () => {
  await close();
  close = async () => undefined;
  rmSync(dir, { recursive: true, force: true });
});

async function openLedger(): Promise<Ledger> {
  await close();
  const control = await openDatabase<LedgerTables>(join(dir, 'control.db'), ledgerMigrations);
  close = control.close;
  const heads = await Heads.load(control.db);
  const signer = keyringSigner(await Keyring.open(realDisk, join(dir, 'keys')));
  const ledger = new Ledger({
    dir: join(dir, 'ledger'),
    disk: realDisk,
    heads,
    signer,
    origin: (log) => `test.example/${log}`,
  });
  await ledger.repair();
  return ledger;
}

const ZERO = '0'.repeat(64);

function id(n: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(n, 12);
  return bytes;
}

function record(n: number, log: `${string}/${string}` = 't1/audit'): Journaled {
  const head = `{"event_id":"${formatUuid(id(n))}","integrity":{"prev_hash":"`;
  return mintJournaled({
    kind: 'record',
    log,
    eventId: id(n),
    patch: head.length,
    payload: Buffer.from(`${head}${ZERO}"},"text":"record ${n}"}`),
    position: n,
    next: n + 1,
  });
}

function block(n: number, count: number): Journaled {
  const parts = Array.from({ length: count }, (_, i) => {
    const bytes = Buffer.from(`{"event_id":"${formatUuid(id(n * 1_000 + i))}","message":"line ${i}"}`);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  return mintJournaled({
    kind: 'block',
    log: 't1/logs',
    eventId: id(n * 1_000),
    patch: count,
    payload: Buffer.concat(parts),
    position: n,
    next: n + 1,
  });
}

async function verifyAll(): Promise<Awaited<ReturnType<typeof verifyLog>>[]> {
  const reports: Awaited<ReturnType<typeof verifyLog>>[] = [];
  for (const log of await findLogs(dir)) reports.push(await verifyLog(log.source));
  return reports;
}

function files(): string[] {
  return readdirSync(join(dir, 'ledger'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(dir, 'ledger', path)).isFile(),
  );
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('Ledger', () => {
  it.each([1, 2, 255, 256, 257, 511, 513, 1_025])(
    'seals %i records so that an outsider can check them',
    async (size) => {
      const ledger = await openLedger();
      await ledger.seal(range(0, size).map((n) => record(n)));
      expect(await verifyAll()).toMatchObject([{ status: 'verified', records: size, size }]);
    },
  );

  it('gives the same files whatever the batches and restarts', async () => {
    const snapshot = (): Map<string, string> =>
      new Map(
        files()
          .filter((path) => !path.includes('.p/'))
          .map((path) => [path, readFileSync(join(dir, 'ledger', path)).toString('base64')]),
      );
    let expected: Map<string, string> | null = null;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
        async (cuts) => {
          // The keys stay, so that checkpoints are the same too.
          await close();
          close = async () => undefined;
          for (const path of ['ledger', 'control.db', 'control.db-wal', 'control.db-shm'])
            rmSync(join(dir, path), { recursive: true, force: true });
          let at = 0;
          for (const cut of [...cuts, 600]) {
            const to = Math.min(600, at + cut);
            if (to > at) await (await openLedger()).seal(range(at, to).map((n) => record(n)));
            at = to;
          }
          const now = snapshot();
          expected ??= now;
          expect(now).toEqual(expected);
        },
      ),
      { numRuns: 8 },
    );
  });

  it('seals again after a crash before the head was moved, and repairs one after', async () => {
    const ledger = await openLedger();
    await ledger.seal(range(0, 300).map((n) => record(n)));
    const log = join(dir, 'ledger/t1/audit');
    rmSync(join(log, 'checkpoint'));
    const again = await openLedger();
    await again.seal(range(300, 310).map((n) => record(n)));
    expect(await verifyAll()).toMatchObject([{ status: 'verified', size: 310 }]);
  });

  it.each([
    [300, 'tile/entries/001.p/44'],
    [300, 'tile/0/001.p/44'],
    [300, 'tile/1/000.p/1'],
    [512, 'tile/0/001'],
  ])('does not seal over a log of %i entries whose %s was altered', async (size, path) => {
    await (await openLedger()).seal(range(0, size).map((n) => record(n)));
    const full = join(dir, 'ledger/t1/audit', path);
    const whole = readFileSync(full);
    chmodSync(full, 0o644);
    writeFileSync(full, Buffer.concat([whole.subarray(0, -1), Buffer.of((whole.at(-1) ?? 0) ^ 1)]));
    const again = await openLedger();
    expect(await again.seal([record(size)])).toMatchObject([{ code: 'ledger_conflict' }]);
    expect(again.size('t1/audit')).toBe(size);
    writeFileSync(full, whole);
    await again.catchUp('t1/audit', [record(size)], size + 1);
    expect(await verifyAll()).toMatchObject([{ status: 'verified', size: size + 1 }]);
  });

  it('keeps a manifest of its full files, in step with the head', async () => {
    const ledger = await openLedger();
    for (const [from, to] of [
      [0, 255],
      [255, 256],
      [256, 700],
    ] as const)
      await ledger.seal(range(from, to).map((n) => record(n)));
    const control = await openDatabase<LedgerTables>(join(dir, 'control.db'), ledgerMigrations);
    const rows = await control.db.selectFrom('segments').selectAll().execute();
    await control.close();
    expect(rows.map((row) => row.path)).toEqual([
      'tile/0/000',
      'tile/0/001',
      'tile/entries/000',
      'tile/entries/001',
    ]);
    for (const row of rows) {
      const bytes = readFileSync(join(dir, 'ledger/t1/audit', row.path));
      expect([row.bytes, Buffer.from(row.sha256)]).toEqual([
        bytes.length,
        createHash('sha256').update(bytes).digest(),
      ]);
    }
  });

  it('finds every flipped byte and says where', async () => {
    const ledger = await openLedger();
    await ledger.seal([...range(0, 259).map((n) => record(n)), block(1, 3), block(2, 1)]);
    const paths = files();
    expect(paths.length).toBeGreaterThan(8);
    for (const path of paths) {
      const full = join(dir, 'ledger', path);
      const whole = readFileSync(full);
      chmodSync(full, 0o644);
      const step = Math.max(1, Math.floor(whole.length / 40));
      for (let at = 0; at < whole.length; at += step) {
        const bad = Buffer.from(whole);
        bad[at] = (bad[at] ?? 0) ^ 0x01;
        writeFileSync(full, bad);
        const tampered = (await verifyAll()).filter((r) => r.status === 'tampered');
        expect(tampered.length, `${path} byte ${at}`).toBe(1);
        if (/entries/.test(path)) {
          const located = tampered[0]?.findings.some(
            (f) => f.path.includes('entries') && f.index !== undefined,
          );
          expect(located, `${path} byte ${at}`).toBe(true);
        }
      }
      writeFileSync(full, whole);
    }
    expect((await verifyAll()).map((r) => r.status)).toEqual(['verified', 'verified']);
  }, 120_000);

  it('finds files that were removed or added', async () => {
    const ledger = await openLedger();
    await ledger.seal([...range(0, 300).map((n) => record(n)), block(1, 2)]);
    for (const path of files().filter((p) => !p.endsWith('vkey'))) {
      const full = join(dir, 'ledger', path);
      const whole = readFileSync(full);
      rmSync(full);
      expect(
        (await verifyAll()).every((r) => r.status === 'verified'),
        path,
      ).toBe(false);
      writeFileSync(full, whole);
    }
    writeFileSync(join(dir, 'ledger/t1/audit/tile/extra'), 'x');
    expect((await verifyAll())[0]?.findings).toMatchObject([{ code: 'file_added' }]);
  });

  it('finds what was put behind the end of a file, and blocks that no entry describes', async () => {
    const ledger = await openLedger();
    await ledger.seal([...range(0, 300).map((n) => record(n)), block(1, 2)]);
    for (const path of files().filter((p) => p.includes('/tile/') || p.includes('/block/'))) {
      const full = join(dir, 'ledger', path);
      const whole = readFileSync(full);
      chmodSync(full, 0o644);
      // Each is well-formed by itself: one more entry, one more hash, one more record.
      writeFileSync(
        full,
        Buffer.concat([whole, path.includes('entries') ? Buffer.of(0, 1, 65) : Buffer.alloc(32)]),
      );
      const tampered = (await verifyAll()).flatMap((r) => r.findings.map((f) => f.path));
      expect(
        tampered.some((found) => path.endsWith(found)),
        path,
      ).toBe(true);
      writeFileSync(full, whole);
    }
    mkdirSync(join(dir, 'ledger/t1/audit/block'));
    writeFileSync(join(dir, 'ledger/t1/audit/block/007'), 'x');
    expect((await verifyAll())[0]?.findings).toMatchObject([{ code: 'file_added', index: 7 }]);
  });

  it('proves single records, also those inside a block, and only to the right key', async () => {
    const ledger = await openLedger();
    await ledger.seal([...range(0, 270).map((n) => record(n)), block(1, 5)]);
    const reader = new LedgerReader(realDisk, join(dir, 'ledger'));
    for (const [log, leaf, slot] of [
      ['t1/audit', 0, 0],
      ['t1/audit', 269, 0],
      ['t1/logs', 0, 3],
    ] as const) {
      const proofText = await proveRecord(realDisk, reader, log, leaf, slot);
      const vkey = readFileSync(join(dir, 'ledger', log, 'vkey'), 'utf8').trim();
      expect(verifyRecordProof({ proofText, vkeys: [vkey] })).toMatchObject({
        state: 'verified',
        index: leaf,
      });
      expect(verifyRecordProof({ proofText, vkeys: [] }).state).toBe('unknown');
      expect(
        verifyRecordProof({ proofText, vkeys: [vkey], record: { event_id: 'other', integrity: {} } }).state,
      ).toBe('tampered');
      for (let at = 0; at < proofText.length; at += 7) {
        const changed =
          proofText.slice(0, at) + (proofText[at] === 'A' ? 'B' : 'A') + proofText.slice(at + 1);
        expect(verifyRecordProof({ proofText: changed, vkeys: [vkey] }).state, `byte ${at}`).not.toBe(
          'verified',
        );
      }
    }
  });

  it('can still be checked against an earlier checkpoint while it grows', async () => {
    const ledger = await openLedger();
    const source = directorySource(join(dir, 'ledger/t1/audit'));
    let at = 0;
    const kept: Uint8Array[] = [];
    for (const to of [3, 10, 255, 256, 300, 520]) {
      await ledger.seal(range(at, to).map((n) => record(n)));
      kept.push(readFileSync(join(dir, 'ledger/t1/audit/checkpoint')));
      at = to;
      for (const checkpoint of kept) {
        const read = async (path: string): Promise<Uint8Array | null> =>
          path === 'checkpoint' ? checkpoint : source.read(path);
        expect(await verifyLog({ read })).toMatchObject({ status: 'verified', findings: [] });
      }
    }
  });

  it('catches a cut tail and a fork against a checkpoint kept elsewhere', async () => {
    const ledger = await openLedger();
    await ledger.seal(range(0, 10).map((n) => record(n)));
    const source = directorySource(join(dir, 'ledger/t1/audit'));
    const kept = readFileSync(join(dir, 'ledger/t1/audit/checkpoint'), 'utf8');
    await ledger.seal(range(10, 20).map((n) => record(n)));
    expect((await verifyLog(source, { previousCheckpoint: kept })).status).toBe('verified');
    const later = readFileSync(join(dir, 'ledger/t1/audit/checkpoint'), 'utf8');
    // The operator starts over and seals another history.
    await close();
    close = async () => undefined;
    for (const path of ['ledger', 'control.db', 'control.db-wal', 'control.db-shm'])
      rmSync(join(dir, path), { recursive: true, force: true });
    await (await openLedger()).seal(range(5, 17).map((n) => record(n)));
    expect((await verifyLog(source)).status).toBe('verified');
    const codes = [];
    for (const checkpoint of [kept, later])
      codes.push((await verifyLog(source, { previousCheckpoint: checkpoint })).findings.map((f) => f.code));
    expect(codes).toEqual([['fork'], ['not_a_continuation']]);
  });
});
