import { appendFileSync, chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReply } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { peakGrowth } from '../support/memory.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';

const TOTAL = 100_000;
const BATCH = 5_000;

let program: Program;
let key: string;
let tenantId: string;
const data = tempDir();
const batches = Array.from({ length: TOTAL / BATCH }, () =>
  JSON.stringify(Array.from({ length: BATCH }, () => auditEvent())),
);

beforeAll(async () => {
  program = await Program.start(data);
  ({ key, id: tenantId } = await program.tenant('acme'));
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
});

async function sendAll(): Promise<{ accepted: number; duplicates: number }> {
  const sum = { accepted: 0, duplicates: 0 };
  for (const body of batches) {
    const { body: reply } = await program.request<IngestReply>('POST', '/v1/events', {
      key,
      body,
      headers: { 'content-type': 'application/json' },
    });
    sum.accepted += reply.accepted;
    sum.duplicates += reply.duplicates;
  }
  return sum;
}

const size = async (): Promise<number> =>
  Number((await program.get(`/ledger/${tenantId}/audit/checkpoint`, key)).text.split('\n')[1]);

describe('100,000 audit events', () => {
  it('are accepted once, found, and verified; the second time all are duplicates', async () => {
    expect(await sendAll()).toEqual({ accepted: TOTAL, duplicates: 0 });
    expect(await program.eventually(size, (n) => n === TOTAL)).toBe(TOTAL);
    expect(await sendAll()).toEqual({ accepted: 0, duplicates: TOTAL });
    const count = () =>
      program.post<{ total: number }>('/v1/histogram', key, { query: '*', streams: ['audit'], buckets: 1 });
    expect((await program.eventually(count, (r) => r.body.total >= TOTAL)).body.total).toBe(TOTAL);
    expect(await size()).toBe(TOTAL);
    expect(await program.stop()).toBe(0);
    // The same again after a restart: the ids are still known.
    program = await Program.start(data);
    expect(await sendAll()).toEqual({ accepted: 0, duplicates: TOTAL });
    expect(await program.stop()).toBe(0);
    expect((await runProgram(['verify', data])).code).toBe(0);
  }, 180_000);

  it('are exported while they are read, not held in memory, and verified as the whole log', async () => {
    program = await Program.start(data);
    const zip = `${data}.zip`;
    // The records and their proofs alone are some 90 MB.
    const grown = await peakGrowth(program.pid, async () => {
      const made = await runProgram([
        'export',
        '--url',
        program.url,
        '--token',
        key,
        '--query',
        '*',
        '--stream',
        'audit',
        '--out',
        zip,
      ]);
      expect(made).toMatchObject({ code: 0, err: expect.stringContaining(`${TOTAL} records`) });
    });
    expect(await program.stop()).toBe(0);
    const { code, out } = await runProgram(['verify', zip]);
    removeDir(zip);
    expect(out).toContain(`${TOTAL} verified`);
    expect(out).toContain('the whole log');
    expect(code).toBe(0);
    expect(grown).toBeLessThan(64);
  }, 180_000);

  it('one flipped byte anywhere is found, with log and record', async () => {
    const log = join(data, 'ledger', tenantId, 'audit');
    const files = readdirSync(log, { recursive: true, encoding: 'utf8' }).filter(
      (f) => statSync(join(log, f)).isFile() && f !== 'vkey',
    );
    const chosen = [
      'checkpoint',
      ...['tile/entries/000', 'tile/0/000', 'tile/0/x001', 'tile/1/000', 'tile/2/000'].flatMap((p) =>
        files.filter((f) => f.startsWith(p)).slice(0, 1),
      ),
    ];
    expect(chosen.length).toBeGreaterThan(4);
    for (const file of chosen) {
      const path = join(log, file);
      const whole = readFileSync(path);
      const at = Math.floor(whole.length / 2);
      chmodSync(path, 0o644);
      writeFileSync(
        path,
        Buffer.concat([whole.subarray(0, at), Buffer.from([(whole[at] ?? 0) ^ 1]), whole.subarray(at + 1)]),
      );
      const { code, out } = await runProgram(['verify', log]);
      expect(code, file).toBe(1);
      expect(out, file).toContain(file);
      if (file !== 'checkpoint') expect(out, file).toMatch(/entry \d+/);
      if (file.includes('entries')) expect(out).toMatch(/event [0-9a-f-]{36}/);
      writeFileSync(path, whole);
    }
    appendFileSync(join(log, 'note.txt'), 'x');
    expect((await runProgram(['verify', log])).out).toContain('file_added');
  }, 180_000);

  it('reindex rebuilds the search from the ledger alone', async () => {
    removeDir(join(data, 'store'));
    removeDir(join(data, 'ledger', tenantId, 'audit', 'note.txt'));
    const { code, out } = await runProgram(['reindex', '--data', data, '--json']);
    expect(code).toBe(0);
    expect((JSON.parse(out) as { records: number }).records).toBeGreaterThanOrEqual(TOTAL);
    program = await Program.start(data);
    const { body } = await program.post<{ total: number }>('/v1/histogram', key, {
      query: '*',
      streams: ['audit'],
      buckets: 1,
    });
    expect(body.total).toBe(TOTAL);
  }, 180_000);
});
