import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReply, SearchReply, StoredRecord } from '../../src/api/contract.js';
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

const send = (event: object) => program.post<IngestReply>('/v1/events?wait=sealed', key, event);
const one = (id: string) => program.get<StoredRecord>(`/v1/events/${id}`, key);

describe('compensating events', () => {
  const wrong = auditEvent({ entity: { type: 'policy', id: 'pol-corrected' } });
  const right = auditEvent({ entity: { type: 'policy', id: 'pol-corrected' }, corrects: wrong.event_id });

  it('are linked both ways, in the record and in search', async () => {
    const before = (await send(wrong)).body.receipts?.[0];
    await send(right);
    expect((await one(right.event_id)).body.corrects).toBe(wrong.event_id);
    expect((await one(wrong.event_id)).body.corrected_by).toEqual([right.event_id]);
    const { body } = await program.post<SearchReply>('/v1/search', key, { query: 'entity.id:pol-corrected' });
    expect(Object.fromEntries(body.records.map((r) => [r.event_id, [r.corrects, r.corrected_by]]))).toEqual({
      [wrong.event_id]: [undefined, [right.event_id]],
      [right.event_id]: [wrong.event_id, undefined],
    });
    const by = await program.post<SearchReply>('/v1/search', key, { query: `corrects:${wrong.event_id}` });
    expect(by.body.records.map((r) => r.event_id)).toEqual([right.event_id]);
    // Nothing was updated: the corrected record has the hash it had, and its receipt still fits what is shown.
    const shown = join(data, 'shown.json');
    const proof = join(data, 'shown.tlog-proof');
    writeFileSync(shown, JSON.stringify((await one(wrong.event_id)).body));
    writeFileSync(proof, before?.proof ?? '');
    expect((await runProgram(['verify', proof, '--record', shown, '--vkey', await vkeyOf()])).code).toBe(0);
  });

  it('a reference that is no id is refused', async () => {
    const { body } = await program.post<IngestReply>(
      '/v1/events',
      key,
      auditEvent({ corrects: 'the one before' }),
    );
    expect(body.rejected).toMatchObject([{ code: 'bad_format', field: 'corrects' }]);
  });
});

async function vkeyOf(): Promise<string> {
  const { body } = await program.get<{ logs: { stream: string; vkey: string }[] }>('/v1/logs-of-trust', key);
  return body.logs.find((log) => log.stream === 'audit')?.vkey ?? '';
}
