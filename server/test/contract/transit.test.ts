import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReply } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';
import { TransitService } from '../support/transit.js';

const service = new TransitService();
const data = tempDir();
let env: Record<string, string>;
let program: Program;
let key: string;
let tenant: string;

beforeAll(async () => {
  env = { PROOFLOG_TRANSIT_URL: await service.listen(), PROOFLOG_TRANSIT_TOKEN: service.token };
});
afterAll(async () => {
  await program?.stop();
  await service.close();
  removeDir(data);
});

const verify = async (): Promise<number> => (await runProgram(['verify', data])).code;

describe('keys in a transit engine', () => {
  it('an installation with its own master key goes over to a wrapped one', async () => {
    program = await Program.start(data);
    ({ key, id: tenant } = await program.tenant('before'));
    await program.post('/v1/events?wait=sealed', key, auditEvent());
    const vkey = (): string => readFileSync(join(data, 'ledger', tenant, 'audit/vkey'), 'utf8');
    const before = vkey();
    expect(await program.stop()).toBe(0);
    expect(existsSync(join(data, 'keys/master.key'))).toBe(true);
    program = await Program.start(data, env);
    expect(existsSync(join(data, 'keys/master.key'))).toBe(false);
    expect(readFileSync(join(data, 'keys/master.wrapped'), 'utf8')).toMatch(/^vault:v1:/);
    // Its logs keep the key they began with.
    await program.post('/v1/events?wait=sealed', key, auditEvent());
    expect(vkey()).toBe(before);
  });

  it('checkpoints are signed by the service, and verify offline', async () => {
    ({ key, id: tenant } = await program.tenant('acme'));
    const { body } = await program.post<IngestReply>('/v1/events?wait=sealed', key, auditEvent());
    expect(body.receipts).toHaveLength(1);
    expect(service.keyNames).toEqual(expect.arrayContaining(['prooflog-master', `prooflog-sign-${tenant}`]));
    expect(service.calls).toContain(`POST /v1/transit/sign/prooflog-sign-${tenant}`);
    expect(readFileSync(join(data, 'keys/keyring.json'), 'utf8')).not.toContain(`sign/${tenant}`);
    expect(await verify()).toBe(0);
  });

  it('while the service is sealed, records are taken and wait for their checkpoint', async () => {
    service.sealed = true;
    const sent = await program.post<IngestReply>('/v1/events', key, auditEvent());
    expect([sent.status, sent.body.accepted]).toEqual([200, 1]);
    const size = async (): Promise<number> =>
      Number((await program.get(`/ledger/${tenant}/audit/checkpoint`, key)).text.split('\n')[1]);
    const before = await size();
    service.sealed = false;
    expect(await program.eventually(size, (n) => n > before)).toBe(before + 1);
    expect(await verify()).toBe(0);
  });

  it('after a restart everything opens again', async () => {
    expect(await program.stop()).toBe(0);
    program = await Program.start(data, env);
    await program.post('/v1/events?wait=sealed', key, auditEvent());
    expect(await verify()).toBe(0);
  });

  it.each<[string, () => Record<string, string>, RegExp]>([
    ['a wrong token', () => ({ ...env, PROOFLOG_TRANSIT_TOKEN: 'another' }), /key service answered 403/],
    [
      'no answer',
      () => ({ ...env, PROOFLOG_TRANSIT_URL: 'http://127.0.0.1:9' }),
      /key service does not answer/,
    ],
    ['no token', () => ({ PROOFLOG_TRANSIT_URL: 'http://127.0.0.1:9' }), /needs a transit_token/],
    ['an address with a path', () => ({ ...env, PROOFLOG_TRANSIT_URL: 'http://a/b/c' }), /must look like/],
  ])('%s ends the start with one line', async (_name, wrong, line) => {
    await program.stop();
    const { code, err } = await runProgram(['serve', '--data', data, '--listen', '127.0.0.1:0'], wrong());
    expect([code, err.trim().split('\n').length]).toEqual([1, 1]);
    expect(err).toMatch(line);
    expect(err).not.toContain(service.token);
  });
});
