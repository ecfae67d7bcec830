import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoReply, SearchReply } from '../../src/api/contract.js';
import { ADMIN_TOKEN, Program, removeDir, tempDir } from '../support/program.js';

let program: Program;
const data = tempDir();
beforeAll(async () => {
  program = await Program.start(data);
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
});

const load = async (): Promise<DemoReply> =>
  (await program.post<DemoReply>('/v1/demo', ADMIN_TOKEN, {})).body;

const records = async (stream: string): Promise<number> => {
  const search = { query: '*', from: 'now-30d', streams: [stream], limit: 1 };
  const headers = { 'x-prooflog-tenant': 'demo' };
  return (await program.post<SearchReply>('/v1/search', ADMIN_TOKEN, search, headers)).body.records.length;
};

describe('the samples', () => {
  it('are loaded once, events, foreign shapes and logs, however often they are asked for', async () => {
    const first = await load();
    expect(first.sent).toBeGreaterThan(600);
    expect(first).toMatchObject({ accepted: first.sent, duplicates: 0 });
    for (const stream of ['audit', 'activity', 'domain', 'decisions', 'financial', 'logs'])
      expect(
        await program.eventually(
          () => records(stream),
          (n) => n > 0,
        ),
        stream,
      ).toBe(1);
    expect(await load()).toMatchObject({ sent: first.sent, accepted: 0, duplicates: first.sent });
  });
});
