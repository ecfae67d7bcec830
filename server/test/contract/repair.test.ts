import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SearchReply } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';

const dir = tempDir();
const [data, copy] = [join(dir, 'data'), join(dir, 'copy')];
let tenant: { id: string; key: string };

const file = (path: string, root = data): string => join(root, 'ledger', tenant.id, path);

function alter(path: string): void {
  const bytes = readFileSync(path);
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
}

const repair = (from: string) => runProgram(['repair', '--data', data, '--from', from]);
const verify = () => runProgram(['verify', data]);

beforeAll(async () => {
  const program = await Program.start(data);
  tenant = await program.tenant('acme');
  const line = (n: number) => ({ logRecords: [{ body: { stringValue: `line ${n}` } }] });
  for (let n = 0; n < 3; n++)
    await program.post('/v1/logs', tenant.key, { resourceLogs: [{ scopeLogs: [line(n)] }] });
  // What came before is sealed too then.
  const events = Array.from({ length: 600 }, () => auditEvent());
  await program.post('/v1/events?wait=sealed', tenant.key, events);
  await program.stop();
  cpSync(data, copy, { recursive: true });
});
afterAll(() => removeDir(dir));

describe('prooflog repair', () => {
  it('has nothing to do on a ledger that is whole', async () => {
    expect(await repair(copy)).toMatchObject({ code: 0, out: expect.not.stringContaining('put back') });
    expect(existsSync(join(data, 'quarantine'))).toBe(false);
  });

  it('puts nothing in place that is not what was sealed', async () => {
    const lies = join(dir, 'lies');
    cpSync(copy, lies, { recursive: true });
    for (const path of ['audit/tile/entries/001', 'logs/block/001', 'audit/tile/entries/002.p/88'])
      alter(file(path, lies));
    for (const path of ['audit/tile/entries/001', 'logs/block/001', 'audit/tile/entries/002.p/88'])
      rmSync(file(path));
    const { code, out } = await repair(lies);
    expect(code).toBe(1);
    for (const path of ['audit/tile/entries/001', 'logs/block/001', 'audit/tile/entries/002.p/88']) {
      expect(out).toContain(`not in the copy as it was sealed: ${tenant.id}/${path}`);
      expect(existsSync(file(path))).toBe(false);
    }
    expect((await verify()).code).toBe(1);
  });

  it('mends what is missing and what was altered, keeps the evidence, and records it', async () => {
    const altered = ['audit/tile/0/000', 'audit/tile/entries/000', 'logs/block/002', 'audit/tile/1/000.p/2'];
    for (const path of altered) alter(file(path));
    const damaged = readFileSync(file('audit/tile/entries/000'));
    const { code, out, err } = await repair(join(copy, 'ledger'));
    expect([code, err]).toEqual([0, expect.not.stringContaining('wrong')]);
    const missing = ['audit/tile/entries/001', 'logs/block/001', 'audit/tile/entries/002.p/88'];
    for (const path of [...altered, ...missing]) {
      expect(out).toContain(`put back: ${tenant.id}/${path}`);
      expect(readFileSync(file(path)).equals(readFileSync(file(path, copy))), path).toBe(true);
    }
    expect((await verify()).code).toBe(0);
    const runs = readdirSync(join(data, 'quarantine'));
    const kept = runs.map((name) => join(data, 'quarantine', name, tenant.id, 'audit/tile/entries/000'));
    expect(kept.filter(existsSync).map((path) => readFileSync(path).equals(damaged))).toEqual([true]);

    const program = await Program.start(data);
    try {
      const found = await program.eventually(
        () => program.post<SearchReply>('/v1/search', tenant.key, { query: 'action:ledger_repaired' }),
        ({ body }) => body.records.length >= 4,
      );
      const outcomes = found.body.records.map((record) => [record.result, record.metadata]);
      const details = (log: string, mended: number, unmended: number) => [
        unmended === 0 ? 'success' : 'failure',
        expect.objectContaining({
          details: { log: `${tenant.id}/${log}`, mended, unmended, mirror: 'directory' },
        }),
      ];
      expect(outcomes).toEqual(
        expect.arrayContaining([
          details('audit', 0, 2),
          details('logs', 0, 1),
          details('audit', 5, 0),
          details('logs', 2, 0),
        ]),
      );
      expect(outcomes.length).toBe(4);
    } finally {
      await program.stop();
    }
    expect((await verify()).code).toBe(0);
  });

  it('says in one line what is wrong', async () => {
    const fails = async (from: string) => {
      const { code, err } = await repair(from);
      expect([code, err.trim().split('\n').length]).toEqual([1, 1]);
      return err;
    };
    expect(await fails('s3')).toContain('archive_bucket');
    expect(await fails(join(dir, 'nowhere'))).toContain('--from cannot be read');
  });
});
