import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReply, IntegrityReply, Problem, StoredRecord } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { ADMIN_TOKEN, Program, removeDir, runProgram, tempDir } from '../support/program.js';

const data = tempDir();
let program: Program;
let broken: { id: string; key: string };
let other: { id: string; key: string };
let tile: string;
let bytes: Buffer;

/** The last partial tile of the log. */
function lastTile(tenant: string): string {
  const dir = join(data, 'ledger', tenant, 'audit/tile/0/000.p');
  const widths = readdirSync(dir).sort((a, b) => Number(a) - Number(b));
  return join(dir, widths.at(-1) ?? '');
}

function write(content: Uint8Array): void {
  chmodSync(tile, 0o644);
  writeFileSync(tile, content);
}

beforeAll(async () => {
  program = await Program.start(data);
  broken = await program.tenant('broken');
  other = await program.tenant('other');
  for (const { key } of [broken, other]) await program.post('/v1/events?wait=sealed', key, auditEvent());
  await program.stop();
  tile = lastTile(broken.id);
  bytes = readFileSync(tile);
  write(bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte)));
  program = await Program.start(data);
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
});

const search = (key: string) =>
  program.post<{ records: StoredRecord[] }>('/v1/search', key, {
    query: '*',
    streams: ['audit'],
    from: 'now-1h',
    to: 'now+1h',
  });
const status = async () => {
  const { body } = await program.get<IntegrityReply>('/v1/integrity', ADMIN_TOKEN);
  return body.logs.filter((log) => log.stopped).map((log) => log.log);
};

describe('a log whose last files were altered while the program was down', () => {
  const missed = auditEvent();

  it('is not sealed, and says so; its records are kept', async () => {
    const { status: code, body } = await program.post<Problem>('/v1/events?wait=sealed', broken.key, missed);
    expect([code, body.code]).toEqual([503, 'not_sealed']);
    const { body: again } = await program.post<IngestReply>('/v1/events', broken.key, missed);
    expect(again).toMatchObject({ accepted: 0, duplicates: 1 });
    expect((await search(broken.key)).body.records).toHaveLength(1);
    expect(await status()).toEqual([`${broken.id}/audit`]);
    expect((await program.request('GET', '/ready')).body).toEqual({ status: 'ready', stopped_logs: 1 });
    expect((await program.request('GET', '/metrics')).text).toContain('\nprooflog_ledger_stopped_logs 1\n');
    expect(program.output).toContain('ledger_conflict');
    const shown = await runProgram(['integrity', '--url', program.url, '--token', ADMIN_TOKEN]);
    expect(shown).toMatchObject({ code: 1, out: expect.stringContaining('not sealed any further') });
  });

  it('keeps no other log from being sealed and searched, of its own tenant or another', async () => {
    const { body } = await program.post<IngestReply>('/v1/events?wait=sealed', other.key, auditEvent());
    expect(body.receipts).toHaveLength(1);
    expect((await search(other.key)).body.records).toHaveLength(2);
    const size = async (): Promise<number> =>
      Number((await program.get(`/ledger/${broken.id}/access/checkpoint`, broken.key)).text.split('\n')[1]);
    const before = await size();
    await search(broken.key);
    expect(await program.eventually(size, (n) => n > before)).toBeGreaterThan(before);
  });

  it('still stands still after another start, and the journal still has what it missed', async () => {
    await program.kill();
    program = await Program.start(data);
    expect(await status()).toEqual([`${broken.id}/audit`]);
    const { body } = await program.post<IngestReply>('/v1/events', broken.key, auditEvent());
    expect(body.accepted).toBe(1);
  });

  it('goes on once the file is put back, without a restart: nothing is lost and nothing doubled', async () => {
    write(bytes);
    const found = await program.eventually(
      () => search(broken.key),
      (reply) => reply.body.records.length >= 3,
    );
    expect(found.body.records).toHaveLength(3);
    expect(found.body.records.map((record) => record.event_id)).toContain(missed.event_id);
    expect(await status()).toEqual([]);
    expect((await program.get(`/v1/events/${missed.event_id}/proof`, broken.key)).status).toBe(200);
    const { body } = await program.post<IngestReply>('/v1/events?wait=sealed', broken.key, auditEvent());
    expect(body.receipts).toHaveLength(1);
    expect(await program.stop()).toBe(0);
    expect(await runProgram(['verify', data])).toMatchObject({ code: 0 });
    expect(
      Number(readFileSync(join(data, 'ledger', broken.id, 'audit/checkpoint'), 'utf8').split('\n')[1]),
    ).toBe(4);
  });
});
