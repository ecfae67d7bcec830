import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openZip } from '@prooflog/proof/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErasureReply, SearchReply, StoredRecord } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';

const PERSON = 'mary.jackson.5521@example.org';
const OTHER = 'dorothy.vaughan.8830@example.org';

interface Report {
  state: string;
  counts: Record<string, number>;
  logs: { stream: string; counts: Record<string, number> }[];
  findings: { code: string }[];
}

let program: Program;
let key: string;
let tenant: string;
let erasure: ErasureReply;
const data = tempDir();
const work = tempDir();

const said = (id: string): Record<string, unknown> =>
  auditEvent({
    actor: { type: 'user', id, role: 'analyst' },
    metadata: { safe_fields_only: true, details: { field: 'x', statement: 'said in confidence' } },
  });

beforeAll(async () => {
  program = await Program.start(data);
  ({ key, id: tenant } = await program.tenant('acme'));
  await program.post('/v1/events?wait=sealed', key, [said(PERSON), said(PERSON), said(OTHER), auditEvent()]);
  ({ body: erasure } = await program.post<ErasureReply>('/v1/erasures', key, {
    subject: PERSON,
    ground: 'art. 17(1)(a)',
  }));
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
  removeDir(work);
});

const search = async (body: object): Promise<StoredRecord[]> =>
  (await program.post<SearchReply>('/v1/search', key, body)).body.records;

async function exported(name: string, body: object): Promise<string> {
  const response = await fetch(`${program.url}/v1/exports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  const zip = join(work, `${name}.zip`);
  writeFileSync(zip, Buffer.from(await response.arrayBuffer()));
  const files = await openZip(zip);
  for (const file of files.names) {
    const path = join(work, name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await files.read(file));
  }
  await files.close();
  return join(work, name);
}

/** As an outsider: only Node, no environment, in the folder itself. */
function outsider(dir: string): { code: number; report: Report } {
  const run = spawnSync(process.execPath, ['verify.mjs', '--json'], { cwd: dir, env: {}, encoding: 'utf8' });
  return { code: run.status ?? -1, report: (JSON.parse(run.stdout) as { export: Report }).export };
}

describe('a record of somebody who was erased', () => {
  it('is shown as it was sealed, with the record of the erasure, in a search and by itself', async () => {
    const records = await search({ query: '*', streams: ['audit'] });
    const erased = records.filter((record) => record.erased_by !== undefined);
    expect(erased).toHaveLength(2);
    for (const record of erased) {
      expect(record.actor?.id).toBe(erasure.subject);
      expect(record.erased_by).toEqual([{ subject: erasure.subject, event_id: erasure.record_id }]);
      expect(record.metadata?.details?.statement).toMatch(/^sealed:v1:/);
      const { body } = await program.get<StoredRecord>(`/v1/events/${record.event_id}`, key);
      expect(body).toEqual(record);
      const proof = await program.get(`/v1/events/${record.event_id}/proof`, key);
      const [receipt, shown] = [join(work, 'erased.tlog-proof'), join(work, 'erased.json')];
      writeFileSync(receipt, proof.text);
      writeFileSync(shown, JSON.stringify(body));
      const vkey = readFileSync(join(data, 'ledger', tenant, 'audit', 'vkey'), 'utf8').trim();
      expect((await runProgram(['verify', receipt, '--record', shown, '--vkey', vkey])).code).toBe(0);
    }
  });

  it('the record of the erasure itself is nobody’s', async () => {
    const [record] = await search({ query: 'action:subject_erased', streams: ['admin'] });
    expect(record?.event_id).toBe(erasure.record_id);
    expect(record?.erased_by).toBeUndefined();
  });

  it('is erased to the verifier of a folder and of a running server, and to nobody who has no proof', async () => {
    const counted = async (target: string): Promise<Record<string, unknown>> => {
      const { code, out } = await runProgram(['verify', target, '--json'], { PROOFLOG_KEY: key });
      expect(code).toBe(0);
      const { logs } = JSON.parse(out) as { logs: { name: string; counts: object }[] };
      return Object.fromEntries(logs.map((log) => [log.name.split('/').at(-1), log.counts]));
    };
    const expected = { verified: 2, expired: 0, erased: 2 };
    expect(await counted(data)).toMatchObject({ audit: expected, admin: { erased: 0 } });
    expect(await counted(program.url)).toMatchObject({ audit: expected });
    const alone = await counted(join(data, 'ledger', tenant, 'audit'));
    expect(Object.values(alone)).toEqual([{ verified: 4, expired: 0, erased: 0 }]);
    const { out } = await runProgram(['verify', data]);
    expect(out).toMatch(/verified {2}\S+\/audit {2}4 entries, 4 records, 2 records erased\n/);
  });
});

describe('an export of such records', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await exported('mixed', { query: '*', streams: ['audit'] });
  });

  it('carries the proof of the erasure, marked as evidence', () => {
    const { code, report } = outsider(dir);
    expect([code, report.state, report.findings]).toEqual([0, 'verified', []]);
    expect(report.logs.map(({ stream, counts }) => [stream, counts.verified, counts.erased])).toEqual([
      ['admin', 1, 0],
      ['audit', 2, 2],
    ]);
    const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ streams: ['audit'], records: 5 });
    expect(manifest.logs).toMatchObject([
      { stream: 'audit', records: 4 },
      { stream: 'admin', records: 1, evidence: 1 },
    ]);
    expect(readFileSync(join(dir, 'README.md'), 'utf8')).toContain('1 of them are here only to prove');
  });

  it('holds evidence for nobody else, and none where nobody was erased', async () => {
    const others = await exported('others', { query: `actor.id:${OTHER}`, streams: ['audit'] });
    expect(outsider(others).report.counts).toMatchObject({ verified: 1, erased: 0 });
    expect(readFileSync(join(others, 'manifest.json'), 'utf8')).not.toContain('evidence');
  });

  it('holds each once when the erasures were asked for as well', async () => {
    const both = await exported('both', { query: '*', streams: ['audit', 'admin'] });
    const { code, report } = outsider(both);
    expect([code, report.counts.erased]).toEqual([0, 2]);
    expect(readFileSync(join(both, 'manifest.json'), 'utf8')).not.toContain('evidence');
  });

  const line = (stream: string): string => join(dir, 'records', `${stream}.ndjson`);
  it.each<[string, () => void]>([
    ['taken out', () => writeFileSync(line('admin'), '')],
    [
      'of somebody else',
      () =>
        writeFileSync(
          line('admin'),
          readFileSync(line('admin'), 'utf8').replace(erasure.subject, `sub_${'a'.repeat(26)}`),
        ),
    ],
    [
      'in a log that senders write to',
      () => {
        appendFileSync(line('audit'), readFileSync(line('admin')));
        writeFileSync(line('admin'), '');
      },
    ],
  ])('calls nothing erased when the evidence is %s', (_, alter) => {
    const whole = ['admin', 'audit'].map((stream) => [line(stream), readFileSync(line(stream))] as const);
    try {
      alter();
      const { code, report } = outsider(dir);
      expect([code, report.counts.erased]).toEqual([1, 0]);
      expect(report.logs.find((log) => log.stream === 'audit')?.counts.verified).toBe(4);
    } finally {
      for (const [path, bytes] of whole) writeFileSync(path, bytes);
    }
  });

  it('calls nothing erased on the word of another tenant’s log', async () => {
    const { key: foreign } = await program.tenant('other-inc');
    await program.post('/v1/events?wait=sealed', foreign, said(PERSON));
    await program.post('/v1/erasures', foreign, { subject: PERSON, ground: 'art. 17' });
    const mine = await exported('mine', { query: '*', streams: ['audit'] });
    const own = key;
    key = foreign;
    const theirs = await exported('theirs', { query: '*', streams: ['audit'] });
    key = own;
    for (const file of [
      'records/admin.ndjson',
      'proofs/admin.ndjson',
      'proofs/admin.path',
      'proofs/admin.checkpoint',
    ])
      writeFileSync(join(mine, file), readFileSync(join(theirs, file)));
    const { code, report } = outsider(mine);
    expect([code, report.counts.erased]).toEqual([1, 0]);
  });
});
