import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IntegrityReply, LogIntegrity, SearchReply, StoredRecord } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { ADMIN_TOKEN, Program, removeDir, runProgram, tempDir } from '../support/program.js';

let program: Program;
let key: string;
let tenantId: string;
const data = tempDir();
const FAST = { PROOFLOG_INTEGRITY_ROUND: '1' };

beforeAll(async () => {
  program = await Program.start(data, FAST);
  ({ key, id: tenantId } = await program.tenant('acme'));
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
});

async function auditLog(): Promise<LogIntegrity | undefined> {
  const { body } = await program.get<IntegrityReply>('/v1/integrity', key);
  return body.logs.find((log) => log.log === `${tenantId}/audit`);
}

async function alarms(action: string): Promise<StoredRecord[]> {
  const { body } = await program.post<SearchReply>('/v1/search', key, { query: `action:${action}` });
  return body.records;
}

const eventIds: string[] = [];

describe('file integrity monitoring of a running server', () => {
  it('finds a flipped byte, raises it as a record once, and closes it when it is mended', async () => {
    const events = Array.from({ length: 300 }, () => auditEvent());
    eventIds.push(...events.map((event) => event.event_id));
    await program.post('/v1/events?wait=sealed', key, events);
    await program.eventually(auditLog, (log) => log?.last_round?.size === 300);
    expect(await auditLog()).toMatchObject({ size: 300, findings: [] });

    const path = join(data, 'ledger', tenantId, 'audit/tile/entries/000');
    const whole = readFileSync(path);
    const bad = Buffer.from(whole);
    const at = bad.indexOf(eventIds[7] as string) + 60;
    bad[at] = (bad[at] ?? 0) ^ 1;
    chmodSync(path, 0o644);
    writeFileSync(path, bad);

    const found = await program.eventually(
      () => alarms('tamper_detected'),
      (records) => records.length > 0,
    );
    expect(found).toMatchObject([
      {
        stream: 'security',
        result: 'failure',
        actor: { type: 'system', id: 'integrity' },
        entity: { type: 'log', id: 'audit' },
        metadata: {
          details: {
            log: `${tenantId}/audit`,
            code: 'entry_altered',
            path: 'tile/entries/000',
            index: 7,
            event_id: eventIds[7],
          },
        },
      },
    ]);
    const finding = { code: 'entry_altered', path: 'tile/entries/000', index: 7, event_id: eventIds[7] };
    expect((await auditLog())?.findings).toMatchObject([finding]);
    const shown = await runProgram(['integrity', '--url', program.url, '--token', ADMIN_TOKEN]);
    expect([shown.code, shown.err]).toEqual([1, '']);
    expect(shown.out).toContain(
      `entry_altered: ${tenantId}/audit/tile/entries/000 (entry 7, event ${eventIds[7]})`,
    );
    expect(program.output).toMatch(/"level":50,.*"code":"entry_altered"/);
    expect((await program.get('/metrics', key)).text).toContain('prooflog_integrity_findings_open 1');

    // A restart neither forgets it nor raises it again.
    expect(await program.stop()).toBe(0);
    program = await Program.start(data, FAST);
    const before = (await auditLog())?.last_round?.finished_at;
    expect((await auditLog())?.findings).toMatchObject([finding]);
    await program.eventually(auditLog, (log) => log?.last_round?.finished_at !== before);
    expect((await auditLog())?.findings).toMatchObject([finding]);

    writeFileSync(path, whole);
    const cleared = await program.eventually(
      () => alarms('tamper_cleared'),
      (records) => records.length > 0,
    );
    expect(cleared).toMatchObject([
      { result: 'success', metadata: { details: { path: 'tile/entries/000', code: 'entry_altered' } } },
    ]);
    expect((await auditLog())?.findings).toEqual([]);
    expect((await alarms('tamper_detected')).length).toBe(1);
    expect((await runProgram(['integrity', '--url', program.url, '--token', ADMIN_TOKEN])).code).toBe(0);
  }, 120_000);

  it('shows a tenant its own logs only, and an ingest key none', async () => {
    const other = await program.tenant('other');
    await program.post('/v1/events?wait=sealed', other.key, auditEvent());
    const { body } = await program.get<IntegrityReply>('/v1/integrity', other.key);
    expect(body.logs.length).toBeGreaterThan(0);
    expect(body.logs.every((log) => log.log.startsWith(`${other.id}/`))).toBe(true);
    expect((await program.get('/v1/integrity', await program.key('other', 'ingest'))).status).toBe(403);
    expect(
      (await program.get<IntegrityReply>('/v1/integrity', ADMIN_TOKEN)).body.logs.length,
    ).toBeGreaterThan(body.logs.length);
  });

  it('raises nothing while senders are writing', async () => {
    for (let n = 0; n < 40; n++)
      await program.post(
        '/v1/events',
        key,
        Array.from({ length: 100 }, () => auditEvent()),
      );
    await program.eventually(auditLog, (log) => log?.last_round?.size === 4_300);
    expect((await auditLog())?.last_round?.size).toBe(4_300);
    expect((await auditLog())?.findings).toEqual([]);
    expect((await alarms('tamper_detected')).length).toBe(1);
  });
});
