import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReply, SearchReply, StoredRecord } from '../../src/api/contract.js';
import { ADMIN_TOKEN, Program, ROOT, removeDir, runProgram, tempDir } from '../support/program.js';

const dir = tempDir();
const packs = join(dir, 'packs');
const pack = join(packs, 'parcels');
const old = join(dir, 'parcels-as-released');

const pointed = (parts: object) => ({
  event_type: 'belt.stopped',
  occurred_at: new Date().toISOString(),
  actor: { type: 'service', id: 'sorter' },
  entity: { type: 'belt', id: 'belt-4' },
  result: 'failure',
  ...parts,
});

const FIRST = `stream: domain
version: 1
entity_types: [belt]
types:
  belt.stopped: { description: A belt stands still }
details:
  colour: { type: string, maxLength: 16, privacy: keep, description: Of the lamp }
`;
const SECOND = FIRST.replace('version: 1', 'version: 2\nrequired: [unit]').replace(
  'colour: {',
  'unit: { type: string, enum: [s, min], privacy: keep, description: Of times }\n  color: {',
);
const UPCAST = 'upcast:\n  rename: { colour: color }\n  set: { unit: s }\n';

describe('prooflog pack', () => {
  beforeAll(async () => {
    mkdirSync(packs);
    cpSync(join(ROOT, 'packs/prooflog'), join(packs, 'prooflog'), { recursive: true });
  });

  it('new writes a pack that check accepts, and nothing over what is there', async () => {
    expect((await runProgram(['pack', 'new', pack])).code).toBe(0);
    const { code, out } = await runProgram(['pack', 'check', pack]);
    expect([code, out]).toEqual([0, expect.stringMatching(/^parcels v1: /)]);
    expect((await runProgram(['pack', 'new', pack])).code).toBe(1);
  });

  it('check refuses a breaking version and says why, unless it says how old records are read', async () => {
    writeFileSync(join(pack, 'events/belts-1.yaml'), FIRST);
    cpSync(pack, old, { recursive: true });
    writeFileSync(join(pack, 'events/belts-2.yaml'), SECOND);
    const broken = await runProgram(['pack', 'check', pack]);
    expect(broken.code).toBe(1);
    expect(broken.out).toContain(
      'belts-2.yaml:6: Version 2 of belt_stopped breaks with the one before: ' +
        'details.colour is gone; details.unit is required now.',
    );
    writeFileSync(join(pack, 'events/belts-2.yaml'), UPCAST + SECOND);
    expect((await runProgram(['pack', 'check', pack])).code).toBe(0);
  });

  it('diff tells compatible from breaking, and exits with 1 for the latter', async () => {
    const further = await runProgram(['pack', 'diff', old, pack]);
    expect([further.code, further.out]).toEqual([0, expect.stringMatching(/^belt\.stopped: compatible$/m)]);
    const back = await runProgram(['pack', 'diff', pack, old]);
    expect([back.code, back.out]).toEqual([
      1,
      expect.stringMatching(/^belt\.stopped: breaking: version 2 is gone$/m),
    ]);
    const json = await runProgram(['pack', 'diff', pack, old, '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      events: expect.arrayContaining([
        { event_type: 'belt.stopped', action: 'belt_stopped', breaking: ['version 2 is gone'] },
        { event_type: 'parcel.lost', action: 'parcel_lost', breaking: [] },
      ]),
    });
    const theft = join(old, 'events/theft.yaml');
    writeFileSync(theft, readFileSync(theft, 'utf8').replace('stream: domain', 'stream: elsewhere'));
    const text = 'elsewhere: { keep: P1Y, because: It is. }\n';
    writeFileSync(join(old, 'retention.yaml'), readFileSync(join(old, 'retention.yaml'), 'utf8') + text);
    const moved = await runProgram(['pack', 'diff', pack, old]);
    expect(moved.out).toContain(
      'finding parcel_theft_suspected: breaking: the stream changes from domain to elsewhere',
    );
  });
});

describe('an old record', () => {
  let program: Program;
  let key: string;
  let id: string;
  let proof: string;
  beforeAll(async () => {
    // Sent to a program that knows the first version only, read with one that knows both.
    const env = { PROOFLOG_PACKS: packs };
    const second = join(pack, 'events/belts-2.yaml');
    const text = readFileSync(second, 'utf8');
    removeDir(second);
    const data = join(dir, 'data');
    const before = await Program.start(data, env);
    await before.post('/v1/tenants', ADMIN_TOKEN, { slug: 'acme', packs: ['parcels'], region: 'eu' });
    key = await before.key('acme', 'admin');
    const event = pointed({ metadata: { safe_fields_only: true, details: { colour: 'red' } } });
    const { body } = await before.post<IngestReply>('/v1/events?wait=sealed', key, event);
    expect(body).toMatchObject({ accepted: 1 });
    [id, proof] = [body.receipts?.[0]?.event_id ?? '', body.receipts?.[0]?.proof ?? ''];
    await before.stop();
    writeFileSync(second, text);
    program = await Program.start(data, env);
  });
  afterAll(async () => {
    await program?.stop();
    removeDir(dir);
  });

  const UPCAST_SHOWN = { event_version: 2, details: { color: 'red', unit: 's' } };

  it('is shown as it was sealed, with how it is read now beside it', async () => {
    const { body } = await program.get<StoredRecord>(`/v1/events/${id}`, key);
    expect(body).toMatchObject({ event_version: 1, metadata: { details: { colour: 'red' } } });
    expect(body.metadata?.details).toEqual({ colour: 'red' });
    expect(body.upcast).toEqual(UPCAST_SHOWN);
    const search = await program.post<SearchReply>('/v1/search', key, { query: 'entity.id:belt-4' });
    expect(search.body.records.map((r) => [r.event_id, r.upcast])).toEqual([[id, UPCAST_SHOWN]]);
  });

  it('still fits its proof, upcast and all', async () => {
    const shown = join(dir, 'shown.json');
    const receipt = join(dir, 'shown.tlog-proof');
    writeFileSync(shown, (await program.get(`/v1/events/${id}`, key)).text);
    writeFileSync(receipt, proof);
    const logs = await program.get<{ logs: { stream: string; vkey: string }[] }>('/v1/logs-of-trust', key);
    const vkey = logs.body.logs.find((log) => log.stream === 'domain')?.vkey ?? '';
    const verify = () => runProgram(['verify', receipt, '--record', shown, '--vkey', vkey]);
    expect((await verify()).code).toBe(0);
    writeFileSync(shown, readFileSync(shown, 'utf8').replaceAll('"colour":"red"', '"colour":"blue"'));
    expect((await verify()).code).not.toBe(0);
  });

  it('of the newest version needs no other reading, and the old version is still taken', async () => {
    const newest = pointed({ metadata: { safe_fields_only: true, details: { color: 'red', unit: 'min' } } });
    const older = pointed({
      event_version: 1,
      metadata: { safe_fields_only: true, details: { colour: 'x' } },
    });
    const { body } = await program.post<IngestReply>('/v1/events?wait=sealed&ids=1', key, [newest, older]);
    const read = (at: number) => program.get<StoredRecord>(`/v1/events/${body.event_ids?.[at]}`, key);
    const [first, second] = [(await read(0)).body, (await read(1)).body];
    expect([first.event_version, first.upcast]).toEqual([2, undefined]);
    expect([second.event_version, second.upcast?.details]).toEqual([1, { color: 'x', unit: 's' }]);
  });
});
