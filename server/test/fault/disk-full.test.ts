import { spawnSync } from 'node:child_process';
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReply, Problem } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';

const dir = tempDir();
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', dir]).status === 0;
if (!mounted) {
  console.warn('skipped: a small file system cannot be mounted here (needs root on Linux)');
  removeDir(dir);
}

describe.skipIf(!mounted)('a full disk', () => {
  let program: Program;
  let key: string;
  const filler = join(dir, 'filler');

  beforeAll(async () => {
    program = await Program.start(join(dir, 'data'));
    ({ key } = await program.tenant('acme'));
  });
  afterAll(async () => {
    await program?.stop();
    spawnSync('umount', [dir]);
    removeDir(dir);
  });

  /** Leaves nothing. */
  function fill(): void {
    // Piece by piece until the file system says no: the program is writing at the same time.
    for (let piece = 1 << 20; piece >= 4096; )
      try {
        appendFileSync(filler, Buffer.alloc(piece));
      } catch {
        piece = Math.floor(piece / 4);
      }
  }

  const batch = (): ReturnType<typeof auditEvent>[] => Array.from({ length: 200 }, () => auditEvent());
  const send = (events: unknown) => program.post<IngestReply & Problem>('/v1/events', key, events);

  it('refuses with 503 and Retry-After, keeps what it acknowledged, and goes on by itself', async () => {
    const acknowledged: string[] = [];
    const first = batch();
    expect((await send(first)).body.accepted).toBe(200);
    acknowledged.push(...first.map((e) => e.event_id));

    let refused = 0;
    for (let i = 0; i < 40 && refused < 3; i++) {
      fill();
      const events = batch();
      const reply = await send(events);
      if (reply.status === 200) {
        acknowledged.push(...events.map((e) => e.event_id));
        continue;
      }
      refused += 1;
      expect(reply.status).toBe(503);
      expect(['storage_full', 'storage_failed']).toContain(reply.body.code);
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(refused).toBe(3);
    expect((await program.request('GET', '/health')).status).toBe(200);

    rmSync(filler);
    const again = batch();
    const reply = await program.eventually(
      () => send(again),
      (r) => r.status === 200,
    );
    expect(reply.body.accepted + reply.body.duplicates).toBe(200);
    acknowledged.push(...again.map((e) => e.event_id));

    const count = () =>
      program.post<{ total: number }>('/v1/histogram', key, { query: '*', streams: ['audit'], buckets: 1 });
    const found = await program.eventually(count, (r) => r.body.total >= acknowledged.length);
    expect(found.body.total).toBe(acknowledged.length);
    expect(await program.stop()).toBe(0);
    const verified = await runProgram(['verify', join(dir, 'data')]);
    expect([verified.code, verified.out.includes('tampered')]).toEqual([0, false]);
  }, 120_000);
});
