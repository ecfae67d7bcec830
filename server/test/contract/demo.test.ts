import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoReply, FacetsReply } from '../../src/api/contract.js';
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

/** Records of the tenant by stream. */
async function streams(): Promise<Map<string, number>> {
  const { body } = await program.post<FacetsReply>(
    '/v1/facets',
    ADMIN_TOKEN,
    { query: '*', fields: ['stream'] },
    { 'x-prooflog-tenant': 'demo' },
  );
  return new Map(body.facets[0]?.values.map(({ value, count }) => [value, count]));
}

const total = (counts: Map<string, number>): number => [...counts.values()].reduce((sum, n) => sum + n, 0);

describe('the samples', () => {
  it('are loaded once, events, foreign shapes and logs, however often they are asked for', async () => {
    const first = await load();
    expect(first.sent).toBeGreaterThan(600);
    expect(first).toMatchObject({ accepted: first.sent, duplicates: 0 });
    const counts = await program.eventually(streams, (found) => total(found) >= 600);
    for (const stream of ['audit', 'activity', 'domain', 'decisions', 'financial', 'logs'])
      expect(counts.get(stream), stream).toBeGreaterThan(0);
    expect(await load()).toMatchObject({ sent: first.sent, accepted: 0, duplicates: first.sent });
  });
});
