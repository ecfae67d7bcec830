import { spawnSync } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import type { IngestReply, SearchReply } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';
import { describeWith } from '../support/real-part.js';

/** A few with `npm test`; the fault script sets more. */
const ROUNDS = Math.max(3, Math.floor(Number(process.env.FAULT_ROUNDS ?? 0) / 5));
const SEED = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);

const CALLS = [
  'pwrite64',
  'fdatasync',
  'fsync',
  'link,linkat',
  'rename,renameat',
  'unlink',
  'write',
  'ftruncate',
];
const FAULTS = ['error=EIO', 'error=ENOSPC', 'signal=SIGKILL'];

const usable = (): boolean =>
  spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync', 'true']).status === 0;

function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** strace that lets one kind of call fail, or the process die in it, from the nth time of a thread on. */
function tracer(rand: () => number): string[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(rand() * list.length)] as T;
  const calls = pick(CALLS);
  const when = 1 + Math.floor(rand() * rand() * 40);
  const inject = `inject=${calls}:${pick(FAULTS)}:when=${when}`;
  return ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', inject];
}

let data = '';
afterEach(() => removeDir(data));

/** Sends until the program is gone or enough was sent; what was acknowledged must be there afterwards. */
async function send(program: Program, key: string, acknowledged: Set<string>): Promise<void> {
  for (let i = 0; i < 25; i++) {
    const batch = Array.from({ length: 1 + (i % 7) }, () => auditEvent());
    try {
      const { status, body } = await program.post<IngestReply>('/v1/events', key, batch);
      if (status === 200 && body.accepted === batch.length)
        for (const e of batch) acknowledged.add(e.event_id);
    } catch {
      return;
    }
  }
}

async function found(program: Program, key: string): Promise<string[]> {
  const { body } = await program.post<SearchReply>('/v1/search', key, {
    query: '*',
    streams: ['audit'],
    limit: 1_000,
  });
  return body.records.map((record) => record.event_id);
}

describeWith('strace', usable(), `calls that fail, ${ROUNDS} rounds, FAULT_SEED=${SEED}`, () => {
  it.each(
    Array.from({ length: ROUNDS }, (_, i) => tracer(random(SEED + i))).map(
      (t) => [t.at(-1) ?? '', t] as const,
    ),
  )(
    '%s: what was acknowledged is there, once, and the ledger is whole',
    async (_name, under) => {
      data = tempDir();
      const first = await Program.start(data);
      const { key } = await first.tenant('acme');
      expect(await first.stop()).toBe(0);
      const acknowledged = new Set<string>();
      // A start that fails says so and ends; it has acknowledged nothing.
      const hurt = await Program.start(data, {}, 'serve', under).catch(() => null);
      if (hurt !== null) {
        await send(hurt, key, acknowledged);
        await hurt.kill().catch(() => undefined);
      }
      const program = await Program.start(data);
      const last = auditEvent();
      await program.post('/v1/events', key, last);
      acknowledged.add(last.event_id);
      const there = () => program.get(`/v1/events/${last.event_id}`, key);
      expect((await program.eventually(there, (r) => r.status === 200)).status, program.output).toBe(200);
      const ids = await found(program, key);
      expect(ids.length).toBe(new Set(ids).size);
      expect([...acknowledged].filter((id) => !ids.includes(id))).toEqual([]);
      expect(await program.stop()).toBe(0);
      expect((await runProgram(['verify', data])).code).toBe(0);
    },
    60_000,
  );
});
