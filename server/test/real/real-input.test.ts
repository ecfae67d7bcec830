import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReply, SearchReply } from '../../src/api/contract.js';
import { Program, ROOT, removeDir, runProgram, tempDir } from '../support/program.js';

/**
 * Log files of loghub (Jieming Zhu, Shilin He, Pinjia He, Jinyang Liu, Michael R. Lyu: Loghub: A Large Collection of
 * System Log Datasets for AI-driven Log Analytics, ISSRE 2023, https://github.com/logpai/loghub), and CloudTrail records
 * of the Open Threat Research Forge (MIT). They are read where they lie and are no part of this project.
 */
const REAL = join(ROOT, '../shared/data/real');
const present = existsSync(REAL);
if (!present) console.warn('skipped: the real log files are not beside this checkout');

const FILES: readonly [string, string, string][] = [
  ['Apache.log', 'workerEnv.init', 'mod_jk'],
  ['Hadoop.log', 'MRAppMaster', 'appattempt_1445144423722_0020_000001'],
  ['Linux.log', 'authentication failure', 'sshd'],
  ['OpenSSH.log', 'POSSIBLE BREAK-IN ATTEMPT', 'webmaster'],
  ['OpenStack.log', 'nova.osapi_compute.wsgi.server', '25746'],
];

describe.skipIf(!present)('real input', () => {
  let program: Program;
  let key: string;
  const data = tempDir();
  beforeAll(async () => {
    program = await Program.start(data);
    ({ key } = await program.tenant('acme'));
  });
  afterAll(async () => {
    await program?.stop();
    removeDir(data);
  });

  const search = (query: string, streams: string[]) =>
    program.post<SearchReply>('/v1/search', key, { query, streams, limit: 1_000 });

  it.each(FILES)('%s goes in line by line and is found by its words', async (file, phrase, word) => {
    const service = file.replace('.log', '').toLowerCase();
    const lines = readFileSync(join(REAL, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    const logRecords = lines.map((line) => ({ body: { stringValue: line } }));
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
    const { status, text } = await program.post('/v1/logs', key, {
      resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }],
    });
    expect([status, text]).toEqual([200, '{}']);
    const count = (query: string) =>
      program.post<{ total: number }>('/v1/histogram', key, { query, streams: ['logs'], buckets: 1 });
    const all = await program.eventually(
      () => count(`service:${service}`),
      (r) => r.body.total === lines.length,
    );
    expect(all.body.total).toBe(lines.length);
    for (const wanted of [phrase, word]) {
      const expected = lines.filter((line) => line.toLowerCase().includes(wanted.toLowerCase())).length;
      const found = await count(`service:${service} "${wanted}"`);
      expect(found.body.total, wanted).toBe(expected);
    }
  });

  it('CloudTrail records become audit events by the declared mapping, once', async () => {
    const body = readFileSync(join(REAL, 'cloudtrail-exfiltration.ndjson'), 'utf8');
    const send = () =>
      program.request<IngestReply>('POST', '/v1/events?source=cloudtrail&wait=sealed', {
        key,
        body,
        headers: { 'content-type': 'application/x-ndjson' },
      });
    const total = body.trim().split('\n').length;
    expect((await send()).body).toMatchObject({ accepted: total, duplicates: 0, rejected: [] });
    expect((await send()).body).toMatchObject({ accepted: 0, duplicates: total, rejected: [] });
    const { body: found } = await search('action:cloud_api_called operation:GetObject', ['audit']);
    expect(found.records).toHaveLength(2);
    expect(found.records[0]?.metadata?.details).toMatchObject({
      service: 's3.amazonaws.com',
      region: 'us-east-1',
    });
    expect((await search('operation:ListObjects', ['audit'])).body.records).toHaveLength(7);
    // A person can be asked for by the real id, and stands nowhere by it.
    const arn = 'arn:aws:iam::123456789123:user/pedro';
    const byPerson = await search(`actor.id:"${arn}"`, ['audit']);
    expect(byPerson.body.records.length).toBeGreaterThan(50);
    expect(byPerson.text).not.toContain('pedro');
  });

  it('all of it verifies', async () => {
    const { code, out } = await runProgram(['verify', data]);
    expect([code, out.includes('tampered')]).toEqual([0, false]);
  });
});
