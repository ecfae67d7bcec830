import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RehearsalReply, SearchReply } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';

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

const NOTE = 'call +44 20 7946 0958 about rehearsal-4711';
const event = auditEvent({
  actor: { type: 'user', id: 'rehearsed.person@example.org', ip: '203.0.113.77' },
  metadata: { safe_fields_only: true, details: { field: 'x', note: NOTE, statement: 'in confidence' } },
});

const fatesOf = (result: RehearsalReply['results'][number] | undefined): Record<string, unknown> =>
  result?.accepted
    ? Object.fromEntries(result.fates.map((fate) => [fate.path, [fate.rules.join(), fate.kept]]))
    : {};

it('says of every value what becomes of it, and refuses what would be refused', async () => {
  const body = [event, { ...event, event_id: null, action: 'policy_eaten' }];
  const { body: reply } = await program.post<RehearsalReply>('/v1/guard/try', key, body);
  const fates = fatesOf(reply.results[0]);
  expect(fates['actor.id']).toEqual(['pseudonym', expect.stringMatching(/^sub_[a-z2-7]{26}$/)]);
  expect(fates['actor.ip']).toEqual(['truncate_ip', '203.0.113.0']);
  expect(fates['metadata.details.field']).toEqual(['', 'x']);
  expect(fates['metadata.details.note']).toEqual(['phone', 'call [phone] about rehearsal-4711']);
  expect(fates['metadata.details.statement']).toEqual(['sealed', expect.stringMatching(/^sealed:v1:/)]);
  expect(reply.results[1]).toMatchObject({
    accepted: false,
    rejection: { code: 'unknown_action', field: 'action' },
  });
});

it('takes log records too', async () => {
  const log = {
    level: 'ERROR',
    service: 's',
    message: NOTE,
    attributes: { password: 'x', userId: 'u', n: 4111111111111111 },
  };
  const { body } = await program.post<RehearsalReply>('/v1/guard/try?kind=log', key, [log, 7]);
  const fates = fatesOf(body.results[0]);
  expect(fates['data.message']).toEqual(['phone', 'call [phone] about rehearsal-4711']);
  expect(fates['data.attributes.password']).toEqual(['denied_key', '[denied]']);
  expect(fates['data.attributes.n']).toEqual(['card', '[card]']);
  expect(fates['data.userId']).toEqual(['pseudonym', expect.any(String)]);
  expect(body.results[1]).toMatchObject({ accepted: false, rejection: { code: 'not_an_object' } });
});

it('keeps nothing: no record, no pseudonym, no byte', async () => {
  const found = await program.post('/v1/subjects/records', key, { subject: 'rehearsed.person@example.org' });
  expect(found.status).toBe(404);
  const files = readdirSync(data, { recursive: true, encoding: 'utf8' }).map((name) => join(data, name));
  const holding = files.filter((path) => {
    try {
      return statSync(path).isFile() && readFileSync(path).includes('rehearsal-4711');
    } catch {
      // The search store merges its files while we look.
      return false;
    }
  });
  expect(holding).toEqual([]);
  // Last: what is searched for is itself recorded.
  const { body } = await program.post<SearchReply>('/v1/search', key, { query: '"rehearsal-4711"' });
  expect(body.records).toEqual([]);
});

it('is bounded', async () => {
  const { status, body } = await program.post('/v1/guard/try', key, Array(101).fill(event));
  expect([status, body]).toMatchObject([413, { code: 'body_too_large' }]);
});

it('is there without a server', async () => {
  const input = JSON.stringify(event, null, 2);
  const { code, out } = await runProgram(
    ['guard', 'try', '--pack', 'company-governance', '--json'],
    {},
    input,
  );
  expect(code).toBe(0);
  expect(fatesOf((JSON.parse(out) as RehearsalReply).results[0])).toMatchObject({
    'actor.ip': ['truncate_ip', '203.0.113.0'],
  });
  const refused = await runProgram(['guard', 'try'], {}, `${JSON.stringify(event)}\n`);
  expect(refused.code).toBe(1);
  expect(refused.out).toContain('unknown_action at action');
});
