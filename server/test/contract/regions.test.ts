import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Problem, SearchReply, StoredRecord, Tenant } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { ADMIN_TOKEN, Program, ROOT, removeDir, runProgram, tempDir } from '../support/program.js';

const US = 'https://us.example.com';
const EU_SETTINGS = { PROOFLOG_REGIONS: 'eu,ch', PROOFLOG_REGION_ADDRESSES: `us=${US}` };

let eu: Program;
const data = tempDir();
const packs = tempDir();

beforeAll(async () => {
  cpSync(join(ROOT, 'packs'), packs, { recursive: true });
  const head = join(packs, 'contact-integrity/pack.yaml');
  writeFileSync(head, `${readFileSync(head, 'utf8')}\nregions: [ch]\n`);
  eu = await Program.start(data, { ...EU_SETTINGS, PROOFLOG_PACKS: packs });
});
afterAll(async () => {
  await eu?.stop();
  removeDir(data);
  removeDir(packs);
});

const make = (program: Program, slug: string, parts: Record<string, unknown> = {}) =>
  program.post<Tenant & Problem>('/v1/tenants', ADMIN_TOKEN, {
    slug,
    packs: ['company-governance'],
    ...parts,
  });

describe('a server of some regions', () => {
  it('makes tenants of them, of the first one where none is named', async () => {
    const named = await make(eu, 'named', { region: 'ch' });
    const unnamed = await make(eu, 'unnamed');
    expect([named.body.region, unnamed.body.region]).toEqual(['ch', 'eu']);
  });

  it('says in a sealed record which region a tenant has', async () => {
    const { key } = await eu.tenant('recorded');
    const ask = () =>
      eu.post<SearchReply>('/v1/search', key, { query: 'action:tenant_created', streams: ['admin'] });
    const { body } = await eu.eventually(ask, (reply) => reply.body.records?.length === 1);
    expect(body.records[0]?.metadata?.details).toEqual({ region: 'eu' });
  });

  it('makes none of another region, and says where that is if it knows', async () => {
    const us = await make(eu, 'abroad', { region: 'us' });
    expect(us.status).toBe(421);
    expect(us.body).toMatchObject({
      code: 'wrong_region',
      region_address: US,
      errors: [{ field: 'region' }],
    });
    expect(us.body.detail).toContain('eu, ch');
    const unknown = await make(eu, 'abroad', { region: 'atlantis' });
    expect(unknown.body).toMatchObject({ status: 421, code: 'wrong_region' });
    expect(unknown.text).not.toContain('atlantis');
    expect(unknown.body).not.toHaveProperty('region_address');
    const { body } = await eu.get<{ tenants: Tenant[] }>('/v1/tenants', ADMIN_TOKEN);
    expect(body.tenants.map((tenant) => tenant.slug)).not.toContain('abroad');
  });

  it('turns on a pack only in the regions that it is for', async () => {
    const refused = await make(eu, 'talk', { region: 'eu', packs: ['contact-integrity'] });
    expect([refused.status, refused.body]).toMatchObject([
      400,
      { code: 'wrong_jurisdiction', errors: [{ field: 'packs.0' }] },
    ]);
    expect((await make(eu, 'talk', { region: 'ch', packs: ['contact-integrity'] })).status).toBe(201);
  });

  it('refuses a request that is meant for another region, whoever sends it', async () => {
    const { key } = await eu.tenant('stated');
    const send = (region: string, by: string) =>
      eu.post<Problem>('/v1/events', by, auditEvent(), { 'x-prooflog-region': region });
    expect((await send('eu', key)).status).toBe(200);
    expect((await send('us', key)).body).toMatchObject({ code: 'wrong_region', region_address: US });
    expect((await send('us', 'a key of the other server')).body).toMatchObject({
      status: 421,
      region_address: US,
    });
    expect((await send('ch', key)).body).toMatchObject({ status: 421, code: 'wrong_region' });
  });
});

describe('a directory that was moved to another region', () => {
  it('shows nothing of its tenants and takes nothing for them; back again it is as it was', async () => {
    const moved = tempDir();
    try {
      const before = await Program.start(moved, EU_SETTINGS);
      const { key, id } = await before.tenant('acme');
      const event = auditEvent();
      await before.post('/v1/events?wait=sealed', key, event);
      await before.stop();

      const abroad = await Program.start(moved, {
        PROOFLOG_REGIONS: 'us',
        PROOFLOG_REGION_ADDRESSES: 'eu=https://eu.example.com',
      });
      const admin = { key: ADMIN_TOKEN, headers: { 'x-prooflog-tenant': 'acme' } };
      const replies = await Promise.all([
        abroad.post<Problem>('/v1/events', key, auditEvent()),
        abroad.post<Problem>('/v1/logs', key, { resourceLogs: [] }),
        abroad.post<Problem>('/v1/search', key, { query: '*' }),
        abroad.get<Problem>(`/v1/events/${event.event_id}`, key),
        abroad.get<Problem>(`/ledger/${id}/audit/checkpoint`, key),
        abroad.get<Problem>('/v1/keys', key),
        abroad.get<Problem>(`/ledger/${id}/audit/checkpoint`, ADMIN_TOKEN),
        abroad.request<Problem>('GET', `/v1/events/${event.event_id}`, admin),
        abroad.get<Problem>(`/v1/tenants/${id}/retention`, ADMIN_TOKEN),
        abroad.post<Problem>('/v1/keys', ADMIN_TOKEN, { tenant: 'acme', role: 'reader' }),
      ]);
      for (const { status, body } of replies)
        expect([status, body]).toMatchObject([
          421,
          { code: 'wrong_region', region_address: 'https://eu.example.com' },
        ]);
      // Another tenant's key learns nothing of it, not even where it is.
      await make(abroad, 'local');
      const other = await abroad.key('local', 'admin');
      const asked = await Promise.all([
        abroad.request('GET', '/v1/keys', { key: other, headers: { 'x-prooflog-tenant': 'acme' } }),
        abroad.get(`/ledger/${id}/audit/checkpoint`, other),
        abroad.get(`/v1/tenants/${id}/retention`, other),
      ]);
      expect(asked.map(({ status }) => status)).toEqual([403, 404, 403]);
      expect(abroad.output).toContain('"tenants":1');
      await abroad.stop();

      const back = await Program.start(moved, EU_SETTINGS);
      const { body } = await back.get<StoredRecord>(`/v1/events/${event.event_id}`, key);
      expect(body.event_id).toBe(event.event_id);
      await back.stop();
    } finally {
      removeDir(moved);
    }
  });
});

describe('settings of regions that cannot be read', () => {
  it.each([
    ['PROOFLOG_REGIONS', 'eu,U S', 'regions must be names'],
    ['PROOFLOG_REGION_ADDRESSES', 'us', 'region_addresses must look like'],
    ['PROOFLOG_REGION_ADDRESSES', 'us=ftp://us.example.com', 'region_addresses must look like'],
  ])('%s=%s stops the start with one line', async (name, value, line) => {
    const { code, err } = await runProgram(['serve', '--data', join(packs, 'data')], { [name]: value });
    expect(code).toBe(1);
    expect(err).toMatch(new RegExp(`^prooflog: ${line}[^\n]*\n$`));
  });
});
