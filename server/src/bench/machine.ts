import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ClickHouse } from '../store/clickhouse.js';
import { NativeBlock } from '../store/native.js';
import { TABLES } from '../store/tables.js';

/** Runs `work` until the time is over; gives back how often it ran a second. */
export async function perSecond(seconds: number, work: () => unknown | Promise<unknown>): Promise<number> {
  const start = performance.now();
  let n = 0;
  while (performance.now() - start < seconds * 1_000) {
    const result = work();
    if (result instanceof Promise) await result;
    n += 1;
  }
  return n / ((performance.now() - start) / 1_000);
}

/** `fdatasync` a second, 64 KiB each. */
export async function bareSyncs(dir: string, seconds: number): Promise<number> {
  const file = openSync(join(dir, 'sync'), 'w');
  const chunk = Buffer.alloc(64 * 1024);
  try {
    return await perSecond(seconds, () => {
      writeSync(file, chunk, 0, chunk.length, 0);
      fdatasyncSync(file);
    });
  } finally {
    closeSync(file);
  }
}

/** SHA-256 a second over this many bytes each, on one core. */
export async function bareHashes(bytes: number, seconds: number): Promise<number> {
  const record = randomBytes(bytes);
  const thousands = await perSecond(seconds, () => {
    for (let i = 0; i < 1_000; i++) createHash('sha256').update(record).digest();
  });
  return thousands * 1_000;
}

const ROWS = 8_192;

/** Rows a second that ClickHouse takes in blocks of {@link ROWS}, without anything of ours before it. */
export async function bareInserts(dir: string, seconds: number): Promise<number> {
  const store = await ClickHouse.open(join(dir, 'bare-store'));
  const at = Date.now();
  const record = randomBytes(680);
  const rows = new NativeBlock<number>(TABLES.events, {
    tenant: () => 't',
    stream: () => 'audit',
    event_id: (i) => `e${i}`,
    occurred_at: () => at,
    recorded_at: () => at,
    action: () => 'policy_changed',
    fields: () => ({ field: 'retention_days' }),
    body: (i) => `policy changed ${i}`,
    record: () => record,
  });
  for (let i = 0; i < ROWS; i++) rows.add(i);
  let block = 0;
  try {
    return ROWS * (await perSecond(seconds, () => store.insert('events', rows, `bench-${block++}`)));
  } finally {
    await store.close();
  }
}
