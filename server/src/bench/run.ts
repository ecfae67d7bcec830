import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { runVerify } from '@prooflog/proof/node';
import { DEFAULTS } from '../base/settings.js';
import { startServer } from '../server.js';
import { ClickHouse } from '../store/clickhouse.js';
import { NativeBlock } from '../store/native.js';
import { TABLES } from '../store/tables.js';
import { type LoadPlan, type LoadResult, load } from './load.js';

export interface BenchOptions {
  readonly seconds: number;
  readonly json: boolean;
  /** Markdown file to write the table into. */
  readonly write?: string;
}

interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly note: string;
}

const say = (text: string): boolean => process.stderr.write(`${text}\n`);

/** Runs `work` until the time is over; gives back how often it ran a second. */
async function perSecond(seconds: number, work: () => unknown | Promise<unknown>): Promise<number> {
  const start = performance.now();
  let n = 0;
  while (performance.now() - start < seconds * 1_000) {
    const result = work();
    if (result instanceof Promise) await result;
    n += 1;
  }
  return n / ((performance.now() - start) / 1_000);
}

/** What the machine itself can do, in the same run: the ratios are to these. */
async function limits(dir: string, seconds: number): Promise<Measured[]> {
  const file = openSync(join(dir, 'sync'), 'w');
  const chunk = Buffer.alloc(64 * 1024);
  const syncs = await perSecond(seconds, () => {
    writeSync(file, chunk, 0, chunk.length, 0);
    fdatasyncSync(file);
  });
  closeSync(file);
  const record = randomBytes(680);
  const hashes = await perSecond(seconds, () => {
    for (let i = 0; i < 1_000; i++) createHash('sha256').update(record).digest();
  });
  const store = await ClickHouse.open(join(dir, 'bare-store'));
  const at = Date.now();
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
  for (let i = 0; i < 8_192; i++) rows.add(i);
  let block = 0;
  const inserts = await perSecond(seconds, () => store.insert('events', rows, `bench-${block++}`));
  await store.close();
  return [
    { name: 'bare fdatasync, 64 KiB', value: syncs, unit: '/s', note: 'machine' },
    { name: 'bare SHA-256, 680 B', value: hashes * 1_000, unit: '/s', note: 'machine' },
    {
      name: 'bare ClickHouse insert, blocks of 8,192',
      value: inserts * 8_192,
      unit: 'rows/s',
      note: 'machine',
    },
  ];
}

function describe(name: string, r: LoadResult, bare: number): Measured[] {
  return [
    {
      name,
      value: r.perSecond,
      unit: 'records/s',
      note: `${((r.perSecond / bare) * 100).toFixed(0)} % of the bare insert`,
    },
    { name: `${name}: acknowledgement p50`, value: r.p50, unit: 'ms', note: '' },
    { name: `${name}: acknowledgement p99`, value: r.p99, unit: 'ms', note: '' },
    {
      name: `${name}: until sealed and searchable`,
      value: r.settleMs,
      unit: 'ms',
      note: 'after the last acknowledgement',
    },
  ];
}

async function product(dir: string, seconds: number, bare: number): Promise<Measured[]> {
  const token = randomBytes(24).toString('base64url');
  const server = await startServer({
    ...DEFAULTS,
    data: join(dir, 'data'),
    listen: '127.0.0.1:0',
    admin_token: token,
  });
  const results: Measured[] = [];
  try {
    const run = async (
      name: string,
      kind: LoadPlan['kind'],
      batch: number,
      connections: number,
      rate = 0,
    ) => {
      say(`${name} …`);
      const result = await load(server, token, { kind, batch, connections, seconds, rate });
      results.push(...describe(name, result, bare));
      return result.perSecond;
    };
    const most = await run('audit events, batches of 500', 'events', 500, 4);
    await run('audit events, batches of 100, at half that rate', 'events', 100, 8, most / 2);
    await run('audit events, single posts', 'events', 1, 32);
    await run('OTLP logs (JSON), batches of 500', 'logs', 500, 4);
    const size = [...server.engine.sealer.sizes().values()].reduce((a, b) => a + b, 0);
    const start = performance.now();
    const code = await runVerify([join(dir, 'data')], {
      out: () => undefined,
      err: () => undefined,
      env: {},
    });
    results.push({
      name: `verification of ${size} entries`,
      value: size / ((performance.now() - start) / 1_000),
      unit: 'entries/s',
      note: code === 0 ? 'verified' : 'FAILED',
    });
    results.push({
      name: 'resident memory after the load',
      value: process.memoryUsage().rss / 2 ** 20,
      unit: 'MiB',
      note: 'with the load generator in a process of its own',
    });
  } finally {
    await server.stop();
  }
  return results;
}

/** Measures, prints the table and writes it where asked. */
export async function runBench(options: BenchOptions): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'prooflog-bench-'));
  try {
    say('limits of the machine …');
    const machine = await limits(dir, Math.min(3, options.seconds));
    const rows = [...machine, ...(await product(dir, options.seconds, machine[2]?.value ?? 1))];
    const table = render(rows, options.seconds);
    process.stdout.write(options.json ? `${JSON.stringify(rows)}\n` : table);
    if (options.write !== undefined) insert(options.write, table);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const shown = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);

function render(rows: readonly Measured[], seconds: number): string {
  const head = `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${seconds} s each, load generator on the same machine.\n`;
  const lines = rows.map((r) => `| ${r.name} | ${shown(r.value)} ${r.unit} | ${r.note} |`);
  return `${head}\n| what | measured | note |\n|---|---|---|\n${lines.join('\n')}\n`;
}

const BEGIN = '<!-- measured -->';
const END = '<!-- /measured -->';

/** Replaces what stands between the marks; the text around it is written by people. */
function insert(path: string, table: string): void {
  const text = readFileSync(path, 'utf8');
  const [before, after] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  writeFileSync(path, `${text.slice(0, before)}\n${table}${text.slice(after)}`);
}
