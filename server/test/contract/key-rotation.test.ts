import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseNote, parseVkey, toHex } from '@prooflog/proof';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  IntegrityReply,
  Problem,
  SigningKey,
  SigningKeys,
  StoredRecord,
  TrustedLog,
} from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { ADMIN_TOKEN, Program, removeDir, runProgram, tempDir } from '../support/program.js';
import { TransitService } from '../support/transit.js';

const work = tempDir();
const data = join(work, 'data');
const service = new TransitService();
let transit: Record<string, string>;
let program: Program;
let tenant: { id: string; key: string };

beforeAll(async () => {
  transit = { PROOFLOG_TRANSIT_URL: await service.listen(), PROOFLOG_TRANSIT_TOKEN: service.token };
  program = await Program.start(data, { PROOFLOG_INTEGRITY_ROUND: '1' });
  tenant = await program.tenant('acme');
  await send();
});
afterAll(async () => {
  await program?.stop();
  await service.close();
  removeDir(work);
});

const send = () => program.post('/v1/events?wait=sealed', tenant.key, auditEvent());
const log = (stream = 'audit'): string => join(data, 'ledger', tenant.id, stream);
const vkeys = (stream = 'audit'): string[] =>
  readFileSync(join(log(stream), 'vkey'), 'utf8')
    .trim()
    .split('\n');
const signers = (stream = 'audit'): string[] =>
  parseNote(readFileSync(join(log(stream), 'checkpoint'), 'utf8')).signatures.map((s) => toHex(s.id));
const ids = (keys: readonly string[]): string[] => keys.map((key) => toHex(parseVkey(key).id));

const command = (name: 'rotate' | 'retire' | 'signing') =>
  runProgram(['key', name, '--tenant', 'acme', '--url', program.url, '--token', ADMIN_TOKEN, '--json']);
const shown = ({ out }: { out: string }): SigningKey[] => JSON.parse(out) as SigningKey[];
const states = (keys: readonly SigningKey[]): string[] => keys.map((key) => key.state);

async function verify(target: string, ...more: string[]): Promise<{ code: number; out: string }> {
  return runProgram(['verify', target, ...more]);
}

async function exported(name: string): Promise<string> {
  const body = JSON.stringify({ query: '*', from: 'now-1h', to: 'now' });
  const headers = { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' };
  const reply = await fetch(`${program.url}/v1/exports`, { method: 'POST', headers, body });
  writeFileSync(join(work, name), new Uint8Array(await reply.arrayBuffer()));
  return join(work, name);
}

let old: string;
let fresh: string;
let before: string;

describe('a change of the signing key', () => {
  it('lets both keys sign every log of the tenant, and whoever holds either verifies', async () => {
    [old = ''] = vkeys();
    before = join(work, 'before');
    cpSync(log(), before, { recursive: true });
    const rotated = await command('rotate');
    expect(rotated).toMatchObject({ code: 0 });
    expect(states(shown(rotated))).toEqual(['signing', 'signing']);
    // The log was quiet meanwhile: its checkpoint was signed anew all the same.
    expect(vkeys()).toHaveLength(2);
    expect(vkeys()[0]).toBe(old);
    fresh = vkeys()[1] ?? '';
    for (const stream of ['audit', 'admin']) expect(signers(stream)).toEqual(ids(vkeys(stream)));
    await send();
    expect(signers()).toEqual(ids([old, fresh]));
    for (const key of [[], ['--vkey', old], ['--vkey', fresh], ['--vkey', old, '--vkey', fresh]])
      expect(await verify(log(), ...key)).toMatchObject({ code: 0 });
    expect(
      await verify(`${program.url}/ledger/${tenant.id}/audit`, '--vkey', fresh, '--token', tenant.key),
    ).toMatchObject({ code: 0 });
    const { body } = await program.get<{ logs: TrustedLog[] }>('/v1/logs-of-trust', tenant.key);
    expect(body.logs.find((l) => l.stream === 'audit')).toMatchObject({ vkey: fresh, vkeys: [old, fresh] });
  });

  it('is a record with both keys in the stream admin', async () => {
    const search = { query: 'action:signing_key_rotated', streams: ['admin'], from: 'now-1h', to: 'now' };
    const found = () => program.post<{ records: StoredRecord[] }>('/v1/search', tenant.key, search);
    const { body } = await program.eventually(found, (reply) => reply.body.records.length > 0);
    const details = (body.records[0] as { metadata?: { details?: Record<string, string> } }).metadata
      ?.details;
    const pubs = [details?.previous_vkey, details?.vkey].map((key) => toHex(parseVkey(key ?? '').pub));
    expect(pubs).toEqual([old, fresh].map((key) => toHex(parseVkey(key).pub)));
  });

  it('gives exports and receipts that verify with either key', async () => {
    const zip = await exported('overlap.zip');
    for (const key of [old, fresh]) expect(await verify(zip, '--vkey', key)).toMatchObject({ code: 0 });
    const event = auditEvent();
    await program.post('/v1/events?wait=sealed', tenant.key, event);
    const { text } = await program.get(`/v1/events/${event.event_id}/proof`, tenant.key);
    writeFileSync(join(work, 'receipt'), text);
    for (const key of [old, fresh])
      expect(await verify(join(work, 'receipt'), '--vkey', key)).toMatchObject({ code: 0 });
  });

  it('survives a restart, and cannot be begun twice', async () => {
    await program.kill();
    program = await Program.start(data, { PROOFLOG_INTEGRITY_ROUND: '1' });
    await send();
    expect(signers()).toEqual(ids([old, fresh]));
    const again = await command('rotate');
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('retire the old one first') });
    const { body } = await program.post<Problem>('/v1/signing-keys/rotate', tenant.key, {});
    expect(body.code).toBe('conflict');
  });

  it('ends with the old key, of which the proof of the change is kept', async () => {
    const retired = await command('retire');
    expect(retired).toMatchObject({ code: 0 });
    expect(states(shown(retired))).toEqual(['retired', 'signing']);
    expect(vkeys()).toEqual([fresh]);
    expect(signers()).toEqual(ids([fresh]));
    await send();
    expect(await verify(log(), '--vkey', fresh)).toMatchObject({ code: 0 });
    expect(await verify(log())).toMatchObject({ code: 0 });
    // The old key alone says nothing about what it did not sign, nor does the new one about what was before it.
    const stale = await verify(log(), '--vkey', old);
    expect(stale).toMatchObject({ code: 2, out: expect.stringContaining('key_unknown') });
    expect(stale.out).toContain('--rotation');
    expect(await verify(before, '--vkey', fresh)).toMatchObject({ code: 2 });
    expect(await command('retire')).toMatchObject({ code: 1 });
  });

  it('hands trust on to whoever holds the old key and the proof of the change, and to nobody else', async () => {
    const { body } = await program.get<SigningKeys>('/v1/signing-keys', tenant.key);
    const proof = join(work, 'rotation');
    writeFileSync(proof, body.keys[1]?.rotation ?? '');
    expect(await verify(log(), '--vkey', old, '--rotation', proof)).toMatchObject({ code: 0 });
    const zip = await exported('after.zip');
    expect(await verify(zip, '--vkey', old)).toMatchObject({ code: 2 });
    expect(await verify(zip, '--vkey', old, '--rotation', proof)).toMatchObject({ code: 0 });
    const other = await program.tenant('other');
    await program.post('/v1/events?wait=sealed', other.key, auditEvent());
    const foreign = readFileSync(join(data, 'ledger', other.id, 'audit/vkey'), 'utf8').trim();
    expect(await verify(log(), '--vkey', foreign, '--rotation', proof)).toMatchObject({ code: 2 });
    // A proof that was altered hands nothing on.
    const text = readFileSync(proof, 'utf8');
    writeFileSync(
      proof,
      text.replace(/(\n\d+\n)(.)/, (_, n: string, c: string) => n + (c === 'A' ? 'B' : 'A')),
    );
    expect(await verify(log(), '--vkey', old, '--rotation', proof)).toMatchObject({ code: 2 });
    expect(await verify(log(), '--vkey', old, '--rotation', join(work, 'receipt'))).toMatchObject({
      code: 2,
    });
  });

  it('is no finding of the integrity check', async () => {
    const now = new Date().toISOString();
    const rounds = () => program.get<IntegrityReply>('/v1/integrity', tenant.key);
    const done = ({ body }: { body: IntegrityReply }): boolean =>
      body.logs.every((log) => (log.last_round?.finished_at ?? '') > now);
    expect(done(await program.eventually(rounds, done))).toBe(true);
    const { out, code } = await runProgram(['integrity', '--url', program.url, '--token', ADMIN_TOKEN]);
    expect(out).not.toContain('TAMPERED');
    expect(code).toBe(0);
  });

  it('needs the right to manage keys, and the listing the right to read the ledger', async () => {
    const reader = await program.key('acme', 'reader');
    const sender = await program.key('acme', 'ingest');
    for (const step of ['rotate', 'retire'])
      expect((await program.post(`/v1/signing-keys/${step}`, reader, {})).status).toBe(403);
    expect((await program.get('/v1/signing-keys', reader)).status).toBe(200);
    expect((await program.get('/v1/signing-keys', sender)).status).toBe(403);
  });
});

describe('with a transit engine', () => {
  const versions = (): string[] =>
    service.calls.filter((call) => call === `POST /v1/transit/keys/prooflog-sign-${tenant.id}/rotate`);

  it('a tenant goes over to a key of the service by a change of keys', async () => {
    expect(await program.stop()).toBe(0);
    program = await Program.start(data, transit);
    expect(shown(await command('rotate')).map((key) => key.store)).toEqual(['keyring', 'keyring', 'transit']);
    expect(states(shown(await command('retire')))).toEqual(['retired', 'retired', 'signing']);
    expect(versions()).toHaveLength(0);
    await send();
    expect(await verify(log())).toMatchObject({ code: 0 });
  });

  it('the version that signs is pinned: a rotation in the service changes nothing until it is asked for', async () => {
    const pinned = vkeys();
    service.rotate(`prooflog-sign-${tenant.id}`);
    await send();
    expect(await program.stop()).toBe(0);
    program = await Program.start(data, transit);
    await send();
    expect(vkeys()).toEqual(pinned);
    // The version the operator made is taken, and none added.
    expect(states(shown(await command('rotate'))).at(-1)).toBe('signing');
    expect(versions()).toHaveLength(0);
    await send();
    expect(signers()).toHaveLength(2);
    expect(await verify(log(), '--vkey', pinned[0] ?? '')).toMatchObject({ code: 0 });
    expect(await command('retire')).toMatchObject({ code: 0 });
  });

  it('without one made by the operator, the service is asked to make a version, and while it is sealed nothing is lost', async () => {
    service.sealed = true;
    expect(await command('rotate')).toMatchObject({ code: 1, err: expect.stringContaining('key service') });
    service.sealed = false;
    expect(await command('rotate')).toMatchObject({ code: 0 });
    expect(versions()).toHaveLength(1);
    await send();
    expect(signers()).toEqual(ids(vkeys()));
    expect(await verify(log())).toMatchObject({ code: 0 });
  });
});
