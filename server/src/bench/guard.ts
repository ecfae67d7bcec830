import type { LogInput } from '../event/log-input.js';
import type { Sender } from '../event/stages.js';
import { scrub } from '../guard/detect/index.js';
import { Guard } from '../guard/index.js';
import type { Vault } from '../vault/vault.js';
import { Random } from './detection/random.js';
import { shown, type Table } from './table.js';

const LINES = 10_000;
const LENGTH = 300;
const SENDER: Sender = { tenant: { id: 't0123456789abcdef', slug: 'bench', packs: [] }, credential: 'bench' };

/** Lines as programs write them; one in twenty has something personal or secret in it. */
function lines(): string[] {
  const r = new Random(1);
  const time = (): string => new Date(1_790_000_000_000 + r.int(0, 1e9)).toISOString();
  const uuid = (): string => `${r.hex(8)}-${r.hex(4)}-7${r.hex(3)}-a${r.hex(3)}-${r.hex(12)}`;
  const words = (): string => {
    const some = [
      'retrying',
      'connection',
      'to',
      'upstream',
      'closed',
      'while',
      'reading',
      'response',
      'header',
      'from',
      'cache',
      'the',
      'handler',
      'returned',
    ];
    return Array.from({ length: 12 }, () => r.of(some)).join(' ');
  };
  const shapes: readonly (() => string)[] = [
    () =>
      `${time()} INFO [http-nio-8080-exec-${r.int(1, 99)}] c.e.checkout.OrderService - order ${r.digits(8)} placed in ${r.int(1, 900)} ms, request_id=${uuid()} ${words()}`,
    () =>
      `{"ts":"${time()}","level":"info","logger":"api.access","method":"GET","path":"/v1/orders/${r.digits(6)}","status":${r.of([200, 404, 503])},"bytes":${r.int(100, 99999)},"trace_id":"${r.hex(32)}","span_id":"${r.hex(16)}","msg":"${words()}"}`,
    () =>
      `level=debug ts=${time()} caller=cache.go:${r.int(10, 900)} component=cache key=product:${r.digits(7)} hit=${r.of(['true', 'false'])} age=${r.int(1, 900)}s ${words()}`,
    () =>
      `java.net.SocketTimeoutException: ${words()}\n\tat java.base/java.net.Socket.connect(Socket.java:${r.int(100, 999)})\n\tat com.example.http.Client.send(Client.java:${r.int(10, 99)})`,
    () =>
      `[${time()}] pod checkout-${r.hex(10)}-${r.text(5, 'bcdfg')} container app: SELECT id, state FROM orders WHERE id = ${r.digits(9)} AND version >= ${r.int(1, 40)} took ${r.int(1, 99)}.${r.digits(2)} ms ${words()}`,
  ];
  return Array.from({ length: LINES }, (_, i) => {
    const filler = words();
    const line = `${r.of(shapes)()} ${filler} ${filler}`.slice(0, LENGTH).padEnd(LENGTH, '.');
    return i % 20 === 0 ? `${line.slice(0, LENGTH - 32)} for ada${r.digits(4)}@example.com` : line;
  });
}

const record = (body: string, i: number): LogInput => ({
  timeUnixNano: 1_790_000_000_000_000_000n + BigInt(i),
  observedTimeUnixNano: 0n,
  severityNumber: 9,
  severityText: 'INFO',
  body,
  attributes: new Map<string, string | number>([
    ['http.request.method', 'GET'],
    ['http.response.status_code', 200],
    ['thread.name', 'worker-7'],
  ]),
  resource: new Map([
    ['service.name', 'checkout'],
    ['deployment.environment.name', 'production'],
  ]),
  scopeName: 'bench',
  scopeVersion: '',
  scopeAttributes: new Map(),
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  eventName: '',
});

/** Rounds over all lines until the time is over. @returns lines a second of processor time */
function perSecond(seconds: number, round: () => void): number {
  round();
  const until = performance.now() + seconds * 1_000;
  const start = process.cpuUsage();
  let rounds = 0;
  for (; performance.now() < until || rounds === 0; rounds++) round();
  const used = process.cpuUsage(start);
  return (rounds * LINES * 1e6) / (used.user + used.system);
}

/** The guard on one core, all rules on, beside the parsing of the same lines by the engine itself. */
export async function measureGuard(seconds: number, say: (text: string) => void): Promise<Table> {
  const wire = lines().map((text) => JSON.stringify({ body: text }));
  // As they come off the wire: flat, and no slices of other texts.
  const texts = wire.map((text) => (JSON.parse(text) as { body: string }).body);
  const records = texts.map(record);
  // No field of these records is pseudonymised or sealed: the vault is never asked.
  const guard = new Guard([], {} as Vault, { granted: () => false });
  const rows: string[][] = [];
  const measure = (what: string, round: () => void): void => {
    say(`${what} …`);
    const rate = perSecond(seconds, round);
    rows.push([what, shown(rate), shown((rate * LENGTH) / 1e6)]);
  };
  measure('bare JSON.parse of the lines', () => {
    for (const text of wire) JSON.parse(text);
  });
  measure('detection in the lines', () => {
    for (const text of texts) scrub(text);
  });
  measure('guard: log records with five attributes into canonical bytes', () => {
    for (let i = 0; i < LINES; i += 1_000) guard.logs(records.slice(i, i + 1_000), SENDER, 1_790_000_000_000);
  });
  return {
    name: 'guard',
    how: `${LENGTH}-byte lines, processor time of one core`,
    head: ['what', 'lines/s', 'MB/s'],
    rows,
  };
}
