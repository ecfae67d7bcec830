import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReply, SearchReply, StoredRecord } from '../../src/api/contract.js';
import { loadPack } from '../../src/pack/load.js';
import { loadSamples, sampleEvent, sampleLogs } from '../../src/pack/samples.js';
import { uuid7 } from '../support/events.js';
import { Program, ROOT, removeDir, runProgram, tempDir } from '../support/program.js';
import { VET_CLINIC } from './vet-clinic.js';

const dir = tempDir();
const packs = join(dir, 'packs');
const pack = join(packs, 'vet-clinic');

let program: Program;
let key: string;
beforeAll(async () => {
  for (const [path, text] of Object.entries(VET_CLINIC)) {
    mkdirSync(dirname(join(pack, path)), { recursive: true });
    writeFileSync(join(pack, path), text);
  }
  // What the platform records about itself belongs to it wherever its packs lie.
  cpSync(join(ROOT, 'packs/prooflog'), join(packs, 'prooflog'), { recursive: true });
  program = await Program.start(join(dir, 'data'), { PROOFLOG_PACKS: packs });
  ({ key } = await program.tenant('paws', ['vet-clinic']));
});
afterAll(async () => {
  await program?.stop();
  removeDir(dir);
});

const details = (members: object) => ({ metadata: { safe_fields_only: true, details: members } });
const visit = (parts: object = {}): object => ({
  event_type: 'visit.ended',
  occurred_at: new Date().toISOString(),
  actor: { type: 'user', id: 'dr-ada@example.com', role: 'vet', ip: '192.0.2.77' },
  entity: { type: 'animal', id: 'animal-7' },
  result: 'success',
  correlation: { correlation_id: 'visit-7' },
  ...details({ species: 'cat', weight: 4 }),
  ...parts,
});
const paid = (parts: object = {}): object => ({
  action: 'invoice_paid',
  occurred_at: new Date().toISOString(),
  actor: { type: 'service', id: 'desk' },
  entity: { type: 'invoice', id: 'invoice-3' },
  result: 'success',
  ...details({ cents: 4_900 }),
  ...parts,
});

async function kept(event: object, source = ''): Promise<StoredRecord> {
  const { body } = await program.post<IngestReply>(`/v1/events?wait=sealed&ids=1${source}`, key, event);
  expect(body.rejected).toEqual([]);
  return (await program.get<StoredRecord>(`/v1/events/${body.event_ids?.[0]}`, key)).body;
}

const DOSE = { drug: 'salt', given_by: 'nurse@example.org', notes: ['call +1 202-555-0143'] };
const EVERYTHING = {
  species: 'cat',
  weight: 4.2,
  owner: 'grace@example.org',
  chip: '276098106123456',
  phone: '+12025550143',
  address: '198.51.100.24',
  passcode: 'left out on arrival',
  findings: 'calm; owner is grace@example.org',
  diary: 'I liked this one.',
  letter: 'Your cat is well.',
  photo_of_owner: 'photo-1',
  insured: null,
  form: 'walk_in',
  doses: [DOSE],
};

describe('a pack written from the documentation', () => {
  it('has nothing wrong with it', async () => {
    const { code, out } = await runProgram(['pack', 'check', pack]);
    expect([code, out]).toEqual([0, 'vet-clinic v3: 9 actions, 1 sources, 3 samples\n']);
  });

  it('keeps of every field what its strategy says', async () => {
    const record = await kept(visit(details(EVERYTHING)));
    const pseudonym = expect.stringMatching(/^sub_[a-z0-9]{26}$/);
    expect(record).toMatchObject({ stream: 'treatments', action: 'visit_ended', event_version: 1 });
    expect(record.actor).toMatchObject({ id: pseudonym, ip: '192.0.2.0' });
    expect(record.metadata?.details).toEqual({
      species: 'cat',
      weight: '<5',
      owner: pseudonym,
      chip: expect.stringMatching(/^[0-9a-f]{32}$/),
      phone: '*********143',
      address: '198.51.100.0',
      findings: 'calm; owner is [email]',
      diary: expect.stringMatching(/^sealed:v1:/),
      letter: expect.stringMatching(/^sealed:v1:/),
      insured: null,
      form: 'walk_in',
      doses: [{ drug: 'salt', given_by: pseudonym, notes: ['call [phone]'] }],
    });
    const rules = new Set(record.guard?.remarks.map(({ rule }) => rule));
    for (const rule of ['drop', 'mask', 'hash', 'bucket', 'truncate_ip', 'pseudonym', 'sealed', 'no_consent'])
      expect(rules).toContain(rule);
    expect(JSON.stringify(record)).not.toMatch(/example\.|2760981|202-?555|left out|liked|is well|photo-1/);
  });

  it.each([
    ['missing_field', visit(details({ species: 'cat' }))],
    ['missing_field', visit({ correlation: {} })],
    ['missing_field', visit({ event_type: 'animal.died', entity: { type: 'cadaver', id: 'a' } })],
    ['bad_value', visit({ entity: { type: 'cadaver', id: 'a' } })],
    ['bad_value', visit(details({ species: 'cow', weight: 1 }))],
    ['bad_value', visit(details({ species: 'cat', weight: 2_001 }))],
    ['bad_value', visit(details({ species: 'cat', weight: 1, form: 'called' }))],
    ['bad_value', visit(details({ species: 'cat', weight: 1, findings: '' }))],
    ['bad_value', visit(details({ species: 'cat', weight: 1, doses: [] }))],
    ['bad_value', visit(details({ species: 'cat', weight: 1, doses: [DOSE, DOSE] }))],
    ['bad_format', visit(details({ species: 'cat', weight: 1, chip: 'none' }))],
    ['bad_format', visit(details({ species: 'cat', weight: 1, address: 'at home' }))],
    ['wrong_type', visit(details({ species: 'cat', weight: 'light' }))],
    ['undeclared_field', visit(details({ species: 'cat', weight: 1, colour: 'red' }))],
    ['undeclared_field', visit(details({ species: 'cat', weight: 1, doses: [{ drug: 'x', size: 1 }] }))],
    ['too_long', visit(details({ species: 'cat', weight: 1, findings: 'x'.repeat(4_001) }))],
    ['unknown_version', visit({ event_version: 2 })],
    ['unknown_action', visit({ event_type: 'visit.forgotten' })],
    ['wrong_stream', visit({ stream: 'till' })],
    ['missing_field', paid(details({}))],
    ['unknown_action', paid({ action: 'invoice_eaten' })],
    ['no_consent', paid({ action: 'newsletter_sent', actor: { type: 'user', id: 'a' } })],
  ])('refuses with %s what it does not declare (%#)', async (code, event) => {
    const { body } = await program.post<IngestReply>('/v1/events', key, event);
    expect(body.rejected.map((r) => r.code)).toEqual([code]);
  });

  it('has samples that are taken and refused as it says', async () => {
    for (const sample of loadSamples(loadPack(pack)).filter(({ event }) => event !== undefined)) {
      const event = sampleEvent(sample, uuid7(), Date.now());
      const { body } = await program.post<IngestReply>('/v1/events', key, event);
      expect(body.rejected[0]?.code ?? 'accepted').toBe(sample.expect);
    }
  });

  it('reads an old version as the newest', async () => {
    const old = {
      event_type: 'visit.announced',
      event_version: 1,
      ...details({ kind: 'dog', mood: 'calm' }),
    };
    expect((await kept(visit(old))).upcast).toEqual({
      event_version: 2,
      details: { species: 'dog', insured: null },
    });
  });

  it('takes a foreign shape, once', async () => {
    const receipt = { no: 'r-17', at: 1_795_255_200, total: '0.29' };
    const foreign = {
      receipt,
      shop: 'paws',
      cashier: { kind: 'human', name: 'ada@example.com' },
      state: 'ok',
    };
    const record = await kept(foreign, '&source=cash_desk');
    expect(record).toMatchObject({
      stream: 'till',
      action: 'invoice_paid',
      result: 'success',
      occurred_at: new Date(1_795_255_200_000).toISOString(),
      metadata: { details: { cents: 29 } },
    });
    const again = await program.post<IngestReply>('/v1/events?source=cash_desk', key, foreign);
    expect(again.body).toMatchObject({ accepted: 0, duplicates: 1 });
    const other = await program.post<IngestReply>('/v1/events?source=cash_desk', key, {
      ...foreign,
      shop: 'claws',
    });
    expect(other.body.rejected.map((r) => r.code)).toEqual(['wrong_tenant']);
  });

  it('has its log fields go by their strategies', async () => {
    const attributes = { 'clinic.room': 'r2', heart_rate: 90, visitor: 'grace@example.org', pin: '0000' };
    const log = {
      level: 'WARN',
      message: 'beat missed, told ada@example.com',
      service: 'monitor-2',
      attributes,
    };
    await program.post('/v1/logs', key, sampleLogs([{ expect: 'accepted', ago: 1, log }], Date.now()));
    const search = () =>
      program.post<SearchReply>('/v1/search', key, { query: 'room:r2', streams: ['logs'] });
    const { body } = await program.eventually(search, (reply) => reply.body.records.length === 1);
    expect(body.records[0]?.data).toMatchObject({
      room: 'r2',
      heart_rate: '60-120',
      visitor: expect.stringMatching(/^sub_/),
      message: 'beat missed, told [email]',
    });
    expect(JSON.stringify(body.records[0])).not.toContain('0000"');
  });

  it('is found by what it declares, in its own streams', async () => {
    await kept(paid());
    const ids = async (query: string, streams: string[] = []) => {
      const { body } = await program.post<SearchReply>('/v1/search', key, { query, streams });
      return body.records.map((record) => record.entity?.id);
    };
    expect(await ids('cents:4900')).toEqual(['invoice-3']);
    expect(await ids('species:cat', ['treatments'])).toEqual(['animal-7']);
    expect(await ids('species:cat', ['till'])).toEqual([]);
  });
});
