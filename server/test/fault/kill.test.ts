import { afterEach, describe, expect, it } from 'vitest';
import type { IngestReply, SearchReply } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';

/** A handful with `npm test`; the fault script sets more. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 5);
/** Printed with a failure, so that its moments can be run again. */
const SEED = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);

let data = '';
afterEach(() => removeDir(data));

/** A small deterministic generator (mulberry32). */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Sent {
  /** Acknowledged: must be there exactly once. */
  readonly acknowledged: Set<string>;
  /** Sent without an answer: may be there, at most once. */
  readonly unknown: Set<string>;
}

/** Sends small and larger batches from several connections until the program is gone. */
async function load(program: Program, key: string, sent: Sent, rand: () => number): Promise<void> {
  const sender = async (): Promise<void> => {
    for (;;) {
      const batch = Array.from({ length: 1 + Math.floor(rand() * rand() * 200) }, () => auditEvent());
      for (const event of batch) sent.unknown.add(event.event_id);
      try {
        const { status, body } = await program.post<IngestReply>('/v1/events', key, batch);
        if (status !== 200 || body.accepted !== batch.length) continue;
        for (const event of batch) {
          sent.acknowledged.add(event.event_id);
          sent.unknown.delete(event.event_id);
        }
      } catch {
        return;
      }
    }
  };
  await Promise.all([sender(), sender(), sender()]);
}

async function allIds(program: Program, key: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await program.post<SearchReply>('/v1/search', key, {
      query: '*',
      streams: ['audit'],
      limit: 1_000,
      ...(cursor === undefined ? {} : { cursor }),
    });
    ids.push(...body.records.map((r) => r.event_id));
    cursor = body.cursor;
  } while (cursor !== undefined);
  return ids;
}

describe(`kill -9 under load, ${ROUNDS} rounds, FAULT_SEED=${SEED}`, () => {
  it(
    'keeps everything acknowledged exactly once, in the ledger and in the search',
    async () => {
      data = tempDir();
      const rand = random(SEED);
      const sent: Sent = { acknowledged: new Set(), unknown: new Set() };
      let program = await Program.start(data);
      const { key } = await program.tenant('acme');
      for (let round = 0; round < ROUNDS; round++) {
        const loading = load(program, key, sent, rand);
        // The moment of the kill is the point of this test, not a way to wait for something.
        await new Promise((resolve) => setTimeout(resolve, 20 + rand() * 400));
        await program.kill();
        await loading;
        expect(program.output, 'recovery is the normal path run again').not.toContain('a follower failed');
        program = await Program.start(data);
      }
      const last = auditEvent();
      expect((await program.post('/v1/events', key, last)).status).toBe(200);
      sent.acknowledged.add(last.event_id);
      // The store follows the ledger in order: once the last event is found, all before it can be.
      const searchable = () => program.get(`/v1/events/${last.event_id}`, key);
      expect((await program.eventually(searchable, (r) => r.status === 200)).status, program.output).toBe(
        200,
      );
      const found = await allIds(program, key);
      expect(await program.stop()).toBe(0);

      const counted = new Set(found);
      expect(found.length, 'found twice in the search').toBe(counted.size);
      expect(
        [...sent.acknowledged].filter((id) => !counted.has(id)),
        'acknowledged and lost',
      ).toEqual([]);
      expect(
        found.filter((id) => !sent.acknowledged.has(id) && !sent.unknown.has(id)),
        'from nowhere',
      ).toEqual([]);
      const verified = await runProgram(['verify', data, '--json']);
      const { logs } = JSON.parse(verified.out) as {
        logs: { name: string; records: number; status: string }[];
      };
      expect(verified.code).toBe(0);
      expect(
        logs.find((log) => log.name.endsWith('/audit'))?.records,
        'the ledger and the search differ',
      ).toBe(found.length);
      console.info(
        `${ROUNDS} kills: ${sent.acknowledged.size} acknowledged, ${found.length} found, 0 lost, 0 doubled`,
      );
    },
    60_000 + ROUNDS * 6_000,
  );
});
