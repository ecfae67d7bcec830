import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatCosignerVkey, parseNote, parseVkey } from '@prooflog/proof';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Problem, TrustedLog } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';

const data = tempDir();
const file = (name: string): string => join(data, name);
let log: Program;
let witness: Program;
let tenant: { id: string; key: string };
let audit: TrustedLog;
let policy: string;

/** Two installations: one keeps a log, the other is its witness. */
beforeAll(async () => {
  log = await Program.start(file('log'));
  tenant = await log.tenant('acme');
  await send();
  const { body } = await log.eventually(
    () => log.get<{ logs: TrustedLog[] }>('/v1/logs-of-trust', tenant.key),
    (reply) => reply.body.logs.some((l) => l.stream === 'audit'),
  );
  audit = body.logs.find((l) => l.stream === 'audit') as TrustedLog;
  await log.stop();
  writeFileSync(file('known'), `# acme\n${audit.vkey}\n`);
  witness = await Program.start(file('witness'), {
    PROOFLOG_WITNESS_LOGS: file('known'),
    PROOFLOG_WITNESS_NAME: 'witness.example/w1',
  });
  const vkey = (await witness.request('GET', '/witness/vkey')).text.trim();
  policy = file('policy');
  writeFileSync(policy, `log ${audit.vkey}\nwitness w1 ${vkey} ${witness.url}\nquorum w1\n`);
  log = await Program.start(file('log'), { PROOFLOG_WITNESS_POLICY: policy });
});

afterAll(async () => {
  await log?.stop();
  await witness?.stop();
  removeDir(data);
});

const send = () =>
  log.post<{ receipts: { proof: string }[] }>('/v1/events?wait=sealed', tenant.key, [auditEvent()]);
const checkpoint = () => log.get(`/ledger/${tenant.id}/audit/checkpoint`, tenant.key);
const cosigned = (text: string): boolean => text.includes('\n\u2014 witness.example/w1 ');

describe('two installations', () => {
  it('one cosigns what the other seals, and an outsider with the policy sees it', async () => {
    for (let i = 0; i < 2; i++) {
      await send();
      const { text } = await log.eventually(checkpoint, (reply) => cosigned(reply.text));
      expect(parseNote(text).signatures.map((s) => s.name)).toEqual([audit.origin, 'witness.example/w1']);
    }
    const args = ['verify', join(data, 'log/ledger', tenant.id, 'audit')];
    const verified = await runProgram([...args, '--policy', policy]);
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.out).toContain('witness w1');
    // Who knows the log alone sees no difference.
    expect(await runProgram([...args, '--vkey', audit.vkey])).toMatchObject({ code: 0 });
    const remote = `${log.url}/ledger/${tenant.id}/audit`;
    expect(await runProgram(['verify', remote, '--policy', policy, '--token', tenant.key])).toMatchObject({
      code: 0,
    });
  });

  it('gives proofs under cosigned checkpoints', async () => {
    const event = auditEvent();
    await log.post('/v1/events', tenant.key, event);
    const proof = () => log.get(`/v1/events/${event.event_id}/proof`, tenant.key);
    const { text } = await log.eventually(proof, (reply) => cosigned(reply.text));
    writeFileSync(file('p.tlog-proof'), text);
    const { code, out } = await runProgram(['verify', file('p.tlog-proof'), '--policy', policy]);
    expect(out).toContain('ok    quorum');
    expect(code).toBe(0);
  });

  it('shows in the metrics how the witness does', async () => {
    const { text } = await log.eventually(
      () => log.request('GET', '/metrics'),
      (reply) => reply.text.includes('prooflog_witness_waiting_logs{witness="w1"} 0'),
    );
    const age = /^prooflog_witness_cosignature_age_seconds\{witness="w1"\} (\S+)$/m.exec(text)?.[1];
    expect(Number(age)).toBeLessThan(60);
    expect((await witness.request('GET', '/metrics')).text).not.toContain('prooflog_witness');
  });

  it('goes on when the witness is gone, and is cosigned again when it is back', async () => {
    const port = new URL(witness.url).port;
    await witness.stop();
    await send();
    const { text } = await checkpoint();
    expect(cosigned(text)).toBe(false);
    // The newest checkpoint that it saw still counts, and the log has only grown from it.
    const verify = (file: string) =>
      runProgram(['verify', join(data, 'log/ledger', tenant.id, 'audit'), '--policy', file]);
    expect(await verify(policy)).toMatchObject({
      code: 0,
      out: expect.stringContaining('witnesses cover the first'),
    });
    const kept = await log.get(`/ledger/${tenant.id}/audit/checkpoint.cosigned`, tenant.key);
    expect(cosigned(kept.text)).toBe(true);
    const absent = formatCosignerVkey('witness.example/absent', parseVkey(audit.vkey).pub);
    writeFileSync(file('stricter'), `log ${audit.vkey}\nwitness w9 ${absent}\nquorum w9\n`);
    expect(await verify(file('stricter'))).toMatchObject({
      code: 2,
      out: expect.stringContaining('quorum_not_met'),
    });
    const event = auditEvent();
    await log.post('/v1/events?wait=sealed', tenant.key, event);
    const proof = () => log.get<Problem>(`/v1/events/${event.event_id}/proof?cosigned=1`, tenant.key);
    const early = await proof();
    expect([early.status, early.body.code, early.headers.get('retry-after')]).toEqual([
      503,
      'not_cosigned',
      '2',
    ]);
    witness = await Program.start(file('witness'), {
      PROOFLOG_WITNESS_LOGS: file('known'),
      PROOFLOG_WITNESS_NAME: 'witness.example/w1',
      PROOFLOG_LISTEN: `127.0.0.1:${port}`,
    });
    expect(cosigned((await log.eventually(checkpoint, (reply) => cosigned(reply.text))).text)).toBe(true);
    const receipt = await log.eventually(proof, (reply) => reply.status === 200);
    expect(cosigned(receipt.text)).toBe(true);
  });
});

describe('POST /add-checkpoint', () => {
  const add = (body: string | Uint8Array, to: Program = witness) =>
    to.request<Problem>('POST', '/add-checkpoint', { body });

  it('answers as c2sp.org/tlog-witness has it', async () => {
    const { text } = await log.eventually(checkpoint, (reply) => cosigned(reply.text));
    const size = Number(text.split('\n')[1]);
    const conflict = await add(`old 1\n\n${text}`);
    expect([conflict.status, conflict.headers.get('content-type')]).toEqual([409, 'text/x.tlog.size']);
    expect(conflict.text).toBe(`${size}\n`);
    const hash = `${'A'.repeat(43)}=\n`;
    expect((await add(`old ${size}\n${hash}\n${text}`)).status).toBe(422);
    const again = await add(`old ${size}\n\n${text}`);
    expect(again.status).toBe(200);
    expect(again.text).toMatch(/^\u2014 witness\.example\/w1 [A-Za-z0-9+/]+=*\n$/);
    expect((await add(`old ${size + 1}\n\n${text}`)).status).toBe(400);
    expect((await add(`old 0\n\n${text.replaceAll(audit.origin, 'else.example')}`)).status).toBe(404);
    expect((await add(`old 0\n\n${text.replace(`\n${size}\n`, `\n${size + 1}\n`)}`)).status).toBe(403);
    expect(await add('old')).toMatchObject({ status: 400, body: { code: 'bad_request' } });
    expect((await add(new Uint8Array(100 * 1_024).fill(65))).status).toBe(413);
    expect((await add('')).body.code).toBe('empty_body');
    expect((await add(text, log)).status).toBe(404);
    expect((await log.request('GET', '/witness/vkey')).status).toBe(404);
  });
});

describe('prooflog witness vkey', () => {
  const env = { PROOFLOG_WITNESS_NAME: 'witness.example/w1' };
  it('prints the key that the running server cosigns with', async () => {
    const served = (await witness.request('GET', '/witness/vkey')).text;
    const busy = await runProgram(['witness', 'vkey', '--data', file('witness')], env);
    expect([busy.code, busy.out]).toEqual([1, '']);
    await witness.stop();
    const { code, out } = await runProgram(['witness', 'vkey', '--data', file('witness')], env);
    expect([code, out]).toEqual([0, served]);
  });

  it('makes the key before the first start, and needs the name', async () => {
    const first = await runProgram(['witness', 'vkey', '--data', file('fresh'), '--json'], env);
    const again = await runProgram(['witness', 'vkey', '--data', file('fresh'), '--json'], env);
    expect(parseVkey((JSON.parse(first.out) as { vkey: string }).vkey).name).toBe('witness.example/w1');
    expect(again.out).toBe(first.out);
    expect(await runProgram(['witness', 'vkey', '--data', file('fresh')])).toMatchObject({
      code: 1,
      err: expect.stringContaining('witness_name'),
    });
    expect((await runProgram(['witness', 'vkey', '--help'])).out).toContain('Example:');
  });
});

describe('settings', () => {
  const start = (env: Record<string, string>) => runProgram(['serve', '--data', file('none')], env);
  it('says in one line what is wrong', async () => {
    const wanted = await start({ PROOFLOG_WITNESS_LOGS: file('known') });
    expect(wanted).toMatchObject({ code: 1, err: expect.stringContaining('witness_name') });
    writeFileSync(file('bad'), `log ${audit.vkey}\nwitness w1\nquorum w1\n`);
    const line = await start({ PROOFLOG_WITNESS_POLICY: file('bad'), PROOFLOG_LISTEN: '127.0.0.1:0' });
    expect(line).toMatchObject({ code: 1, err: expect.stringContaining('Line 2 of the policy') });
    const missing = await start({ PROOFLOG_WITNESS_POLICY: file('nothing'), PROOFLOG_LISTEN: '127.0.0.1:0' });
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('ENOENT') });
  });
});
