import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsentsReply, IngestReply, Problem, SearchReply } from '../../src/api/contract.js';
import { ADMIN_TOKEN, Program, ROOT, removeDir, tempDir } from '../support/program.js';

const PACK = {
  'pack.yaml': 'name: parcels\nversion: 1\ndescription: A test.\n',
  'retention.yaml': 'domain: { keep: P90D, because: A test. }\n',
  'events/parcels.yaml': `stream: domain
version: 1
entity_types: [parcel]
types:
  parcel.sent: { description: A parcel was sent }
  parcel.rated: { description: Somebody gave an opinion, consent: analytics }
details:
  message: { type: string, maxLength: 200, privacy: encrypt, consent: service_delivery, description: For the addressee }
  weight_g: { type: integer, privacy: keep, description: Weight }
`,
};

let program: Program;
let key: string;
const data = tempDir();
const packs = `${data}-packs`;
const start = async (): Promise<Program> => Program.start(data, { PROOFLOG_PACKS: packs });

beforeAll(async () => {
  cpSync(join(ROOT, 'packs/prooflog'), join(packs, 'prooflog'), { recursive: true });
  for (const [path, text] of Object.entries(PACK)) {
    mkdirSync(join(packs, 'parcels', path, '..'), { recursive: true });
    writeFileSync(join(packs, 'parcels', path), text);
  }
  program = await start();
  const { body } = await program.post<{ id: string }>('/v1/tenants', ADMIN_TOKEN, {
    slug: 'acme',
    packs: ['parcels'],
  });
  ({
    body: { key },
  } = await program.post<{ key: string }>('/v1/keys', ADMIN_TOKEN, { tenant: body.id, role: 'admin' }));
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
  rmSync(packs, { recursive: true, force: true });
});

const sent = (actor: string, type = 'parcel.sent'): Record<string, unknown> => ({
  event_type: type,
  occurred_at: new Date().toISOString(),
  actor: { type: 'user', id: actor },
  entity: { type: 'parcel', id: 'p-1' },
  result: 'success',
  metadata: { safe_fields_only: true, details: { message: 'leave it at the door', weight_g: 5 } },
});

const decide = (id: string, consents: unknown) =>
  program.request<ConsentsReply & Problem>('PUT', `/v1/subjects/${encodeURIComponent(id)}/consents`, {
    key,
    body: JSON.stringify({ consents }),
    headers: { 'content-type': 'application/json' },
  });

/** Posts one event and gives back what was kept of its details, and the remarks. */
async function kept(event: Record<string, unknown>): Promise<{ message: unknown; remarks: string }> {
  const { body: reply } = await program.post<IngestReply & { event_ids?: string[] }>(
    '/v1/events?wait=sealed',
    key,
    event,
  );
  expect(reply.rejected).toEqual([]);
  const search = () =>
    program.post<SearchReply>('/v1/search', key, { query: '*', streams: ['domain'], limit: 1 });
  const count = () =>
    program.post<{ total: number }>('/v1/histogram', key, { query: '*', streams: ['domain'], buckets: 1 });
  posted += 1;
  await program.eventually(count, (r) => r.body.total >= posted);
  const record = (await search()).body.records[0];
  return { message: record?.metadata?.details?.message, remarks: JSON.stringify(record?.guard ?? {}) };
}
let posted = 0;

describe('consent', () => {
  it('is needed: what nobody agreed to is not kept, and the record says so', async () => {
    const { message, remarks } = await kept(sent('ada'));
    expect(message).toBeUndefined();
    expect(remarks).toContain('no_consent');
  });

  it('counts for the next record, and its withdrawal too', async () => {
    const given = await decide('ada', [{ purpose: 'service_delivery', granted: true, version: '2.0' }]);
    expect(given.status).toBe(200);
    expect(given.body.consents).toMatchObject([
      { purpose: 'service_delivery', event_type: '*', granted: true, version: '2.0' },
    ]);
    expect((await kept(sent('ada'))).message).toMatch(/^sealed:v1:/);
    expect((await kept(sent('bob'))).message).toBeUndefined();
    await decide('ada', [{ purpose: 'service_delivery', granted: false, version: '2.0' }]);
    expect((await kept(sent('ada'))).message).toBeUndefined();
  });

  it('may be given for one event type, which goes before all', async () => {
    await decide('eve', [
      { purpose: 'service_delivery', granted: true, version: '1' },
      { purpose: 'service_delivery', event_type: 'parcel.sent', granted: false, version: '1' },
    ]);
    expect((await kept(sent('eve'))).message).toBeUndefined();
    await decide('eve', [
      { purpose: 'service_delivery', event_type: 'parcel.sent', granted: true, version: '1' },
    ]);
    expect((await kept(sent('eve'))).message).toMatch(/^sealed:v1:/);
  });

  it('gates a whole event type', async () => {
    const refused = await program.post<IngestReply>('/v1/events', key, sent('ada', 'parcel.rated'));
    expect(refused.body.rejected).toMatchObject([{ code: 'no_consent', field: 'actor' }]);
    await decide('ada', [{ purpose: 'analytics', granted: true, version: '2.0' }]);
    const { body } = await program.post<IngestReply>('/v1/events', key, sent('ada', 'parcel.rated'));
    expect(body.accepted).toBe(1);
    posted += 1;
  });

  it('is kept with all history over a restart, and each decision is a record', async () => {
    expect(await program.stop()).toBe(0);
    program = await start();
    const shown = await program.request<ConsentsReply>('GET', '/v1/subjects/ada/consents', { key });
    expect(shown.body.history.map((c) => [c.purpose, c.granted])).toEqual([
      ['service_delivery', true],
      ['service_delivery', false],
      ['analytics', true],
    ]);
    expect(shown.body.consents).toHaveLength(2);
    const same = await program.request<ConsentsReply>('GET', `/v1/subjects/${shown.body.subject}/consents`, {
      key,
    });
    expect(same.body).toEqual(shown.body);
    const records = () =>
      program.post<SearchReply>('/v1/search', key, {
        query: `entity.id:${shown.body.subject} purpose:*`,
        streams: ['admin'],
      });
    const { body } = await program.eventually(records, (r) => r.body.records.length >= 3);
    expect(body.records.map((r) => r.action).sort()).toEqual([
      'consent_given',
      'consent_given',
      'consent_withdrawn',
    ]);
    expect(JSON.stringify(body.records)).not.toContain('"ada"');
    expect((await kept(sent('ada'))).message).toBeUndefined();
  });

  it.each([
    ['no list', {}, 'consents'],
    ['an empty list', [], 'consents'],
    ['an unknown purpose', [{ purpose: 'fun', granted: true, version: '1' }], 'purpose'],
    ['no decision', [{ purpose: 'legal', version: '1' }], 'granted'],
    ['no version', [{ purpose: 'legal', granted: true }], 'version'],
    ['a version that is a text', [{ purpose: 'legal', granted: true, version: 'as ada said' }], 'version'],
    [
      'an unknown event type',
      [{ purpose: 'legal', granted: true, version: '1', event_type: 'x.y' }],
      'event_type',
    ],
    ['a field too many', [{ purpose: 'legal', granted: true, version: '1', why: 'ada' }], '(undeclared)'],
  ])('is refused with %s', async (_, consents, field) => {
    const { status, body, text } = await decide('ada', consents);
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain(field);
    expect(text).not.toContain('ada');
  });
});
