import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { sampleEvent } from './events.js';

interface Plan {
  readonly url: string;
  readonly key: string;
  readonly kind: 'events' | 'logs';
  readonly batch: number;
  readonly connections: number;
  readonly seconds: number;
  /** Records a second over all connections; 0 sends as fast as answers come. */
  readonly rate: number;
}

const plan = JSON.parse(process.argv[2] ?? '{}') as Plan;
const agent = new Agent({ keepAlive: true, maxSockets: plan.connections });
const path = plan.kind === 'logs' ? '/v1/logs' : '/v1/events';

const event = (): string => JSON.stringify(sampleEvent(Date.now()));

function log(): string {
  return `{"timeUnixNano":"${BigInt(Date.now()) * 1_000_000n}","severityNumber":9,"body":{"stringValue":"request served in time"},"traceId":"${randomBytes(16).toString('hex')}","attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"url.path","value":{"stringValue":"/catalog"}},{"key":"http.response.status_code","value":{"intValue":"200"}},{"key":"durationMs","value":{"doubleValue":12.5}},{"key":"region","value":{"stringValue":"eu-1"}},{"key":"pod","value":{"stringValue":"shop-7d9f"}}]}`;
}

function body(): Buffer {
  if (plan.kind === 'logs') {
    const records = Array.from({ length: plan.batch }, log).join(',');
    return Buffer.from(
      `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":[{"logRecords":[${records}]}]}]}`,
    );
  }
  return Buffer.from(plan.batch === 1 ? event() : `[${Array.from({ length: plan.batch }, event).join(',')}]`);
}

function post(bytes: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${plan.key}`,
      'content-type': 'application/json',
      'content-length': bytes.length,
    };
    const call = request(plan.url + path, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200));
    });
    call.on('error', reject);
    call.end(bytes);
  });
}

/** The first seconds, in which the engine compiles the program's hot paths, are not counted. */
const WARM_UP_MS = 2_000;

let latencies: number[] = [];
let accepted = 0;
const start = performance.now();
const end = start + WARM_UP_MS + plan.seconds * 1_000;

/** At a fixed rate the time counts from when a batch was due: one that waits behind a slow answer is late too. */
async function connection(index: number): Promise<void> {
  const interval = plan.rate === 0 ? 0 : (plan.batch * plan.connections * 1_000) / plan.rate;
  let due = start + (interval * index) / plan.connections;
  while (performance.now() < end) {
    const bytes = body();
    if (due > performance.now()) await sleep(due - performance.now());
    const sent = interval === 0 ? performance.now() : due;
    if (await post(bytes)) accepted += plan.batch;
    latencies.push(performance.now() - sent);
    due += interval;
  }
}

const warm = sleep(WARM_UP_MS).then(() => {
  accepted = 0;
  latencies = [];
});
await Promise.all(Array.from({ length: plan.connections }, (_, i) => connection(i)));
await warm;
const seconds = (performance.now() - start - WARM_UP_MS) / 1_000;
process.send?.({ perSecond: accepted / seconds, latencies }, () => process.exit(0));
