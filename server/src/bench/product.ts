import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { runVerify } from '@prooflog/proof/node';
import { DEFAULTS } from '../base/settings.js';
import { startServer } from '../server.js';
import { type LoadPlan, type LoadResult, load } from './load.js';
import { bareHashes, bareInserts, bareSyncs } from './machine.js';
import { shown, type Table } from './table.js';

type Say = (text: string) => void;

/** The whole way of a record under load, beside the limits of the machine in the same run. */
export async function measureProduct(dir: string, seconds: number, say: Say): Promise<Table> {
  say('limits of the machine …');
  const short = Math.min(3, seconds);
  const bare = await bareInserts(dir, short);
  return {
    name: 'measured',
    how: `${seconds} s each, load generator on the same machine`,
    head: ['what', 'measured', 'note'],
    rows: [
      ['bare fdatasync, 64 KiB', `${shown(await bareSyncs(dir, short))} /s`, 'machine'],
      ['bare SHA-256, 680 B', `${shown(await bareHashes(680, short))} /s`, 'machine'],
      ['bare ClickHouse insert, blocks of 8,192', `${shown(bare)} rows/s`, 'machine'],
      ...(await underLoad(dir, seconds, bare, say)),
    ],
  };
}

function describe(name: string, r: LoadResult, bare: number): string[][] {
  const share = `${((r.perSecond / bare) * 100).toFixed(0)} % of the bare insert`;
  return [
    [name, `${shown(r.perSecond)} records/s`, share],
    [`${name}: acknowledgement p50`, `${shown(r.p50)} ms`, ''],
    [`${name}: acknowledgement p99`, `${shown(r.p99)} ms`, ''],
    [`${name}: until sealed and searchable`, `${shown(r.settleMs)} ms`, 'after the last acknowledgement'],
  ];
}

async function underLoad(dir: string, seconds: number, bare: number, say: Say): Promise<string[][]> {
  const token = randomBytes(24).toString('base64url');
  const data = join(dir, 'data');
  const server = await startServer({ ...DEFAULTS, data, listen: '127.0.0.1:0', admin_token: token });
  const rows: string[][] = [];
  const run = async (name: string, plan: Omit<LoadPlan, 'seconds'>): Promise<number> => {
    say(`${name} …`);
    const result = await load(server, token, { ...plan, seconds });
    rows.push(...describe(name, result, bare));
    return result.perSecond;
  };
  try {
    const events = { kind: 'events', rate: 0 } as const;
    const most = await run('audit events, batches of 500', { ...events, batch: 500, connections: 4 });
    await run('audit events, batches of 100, at half that rate', {
      ...events,
      batch: 100,
      connections: 8,
      rate: most / 2,
    });
    await run('audit events, single posts', { ...events, batch: 1, connections: 32 });
    await run('OTLP logs (JSON), batches of 500', { kind: 'logs', rate: 0, batch: 500, connections: 4 });
    const size = [...server.engine.sealer.sizes().values()].reduce((a, b) => a + b, 0);
    const start = performance.now();
    const code = await runVerify([data], { out: () => undefined, err: () => undefined, env: {} });
    const rate = size / ((performance.now() - start) / 1_000);
    const verdict = code === 0 ? 'verified' : 'FAILED';
    rows.push([`verification of ${size} entries`, `${shown(rate)} entries/s`, verdict]);
    const memory = `${shown(process.memoryUsage().rss / 2 ** 20)} MiB`;
    rows.push(['resident memory after the load', memory, 'with the load generator in a process of its own']);
  } finally {
    await server.stop();
  }
  return rows;
}
