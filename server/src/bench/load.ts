import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { CreatedKey, Tenant } from '../api/contract.js';
import { Client } from '../cli/client.js';
import type { RunningServer } from '../server.js';

export interface LoadPlan {
  readonly kind: 'events' | 'logs';
  readonly batch: number;
  readonly connections: number;
  readonly seconds: number;
  /** Records a second; 0 for as many as are taken. */
  readonly rate: number;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds from sending to the reply. */
  readonly p50: number;
  readonly p99: number;
  readonly settleMs: number;
}

/** Sends from a process of its own, then waits until all of it is sealed and searchable. */
export async function load(server: RunningServer, token: string, plan: LoadPlan): Promise<LoadResult> {
  const admin = new Client(server.url, token);
  const slug = `bench-${Math.random().toString(36).slice(2, 8)}`;
  const tenant = await admin.call<Tenant>('POST', '/v1/tenants', { slug, packs: ['company-governance'] });
  const { key } = await admin.call<CreatedKey>('POST', '/v1/keys', { tenant: tenant.id, role: 'ingest' });
  const child = fork(join(import.meta.dirname, 'sender.js'), [
    JSON.stringify({ url: server.url, key, ...plan }),
  ]);
  const sent = await new Promise<{ perSecond: number; latencies: number[] }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { perSecond: number; latencies: number[] }));
    child.once('exit', (code) => reject(new Error(`the sender ended with ${code}`)));
  });
  const start = performance.now();
  await server.engine.indexedTo(server.engine.journal.durable, AbortSignal.timeout(300_000));
  const settleMs = performance.now() - start;
  const sorted = sent.latencies.sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
  return { perSecond: sent.perSecond, p50: at(0.5), p99: at(0.99), settleMs };
}
