import { compileTail, type Place, type RecordRow } from '../../query/compile.js';
import type { Context, Route, Services } from '../context.js';
import { readQuery, streamsIn } from './search.js';
import { shownRecord } from './shown.js';

const BATCH = 200;
const HEARTBEAT_MS = 15_000;

/** Server-Sent Events: new records that match, as they become searchable. Ends with the connection or the session. */
export function tailRoutes(services: Services): Route[] {
  return [
    { method: 'GET', url: '/v1/tail', permission: 'read', handle: (context) => tail(services, context) },
  ];
}

async function tail(services: Services, context: Context): Promise<unknown> {
  const { query = '*', streams = '' } = context.request.query as { query?: string; streams?: string };
  const tenant = context.tenant();
  const node = readQuery(services, tenant.id, query);
  const wanted = streamsIn(services, context, streams === '' ? undefined : streams.split(','));
  await services.accessLog.record(tenant, context.principal, {
    action: 'records_tailed',
    entity: { type: 'stream', id: wanted.length === 1 ? (wanted[0] ?? 'all') : 'all' },
    details: { query: query.slice(0, 4096), streams: wanted.join(',') },
  });
  const { raw } = context.reply.hijack();
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  raw.write(': connected\n\n');
  const since = new Map<string, Place>();
  for (const stream of wanted)
    since.set(stream, { leaf: services.engine.ledger.size(`${tenant.id}/${stream}`), slot: -1 });
  let busy = false;
  let woken = false;
  const push = async (): Promise<void> => {
    woken = true;
    // What comes meanwhile is fetched when this is done, or when the reader has taken what it was sent.
    if (busy || raw.writableNeedDrain) return;
    busy = true;
    try {
      while (woken && !raw.writableNeedDrain && !raw.destroyed) await fetchMore();
    } catch (error) {
      services.log.warn({ code: error instanceof Error ? error.name : 'unknown' }, 'a live tail was ended');
      raw.end();
    } finally {
      busy = false;
    }
  };
  const fetchMore = async (): Promise<void> => {
    woken = false;
    const now = services.clock();
    const scope = { tenant: tenant.id, streams: wanted, from: 0, to: now + 86_400_000 * 366, now };
    const rows = await services.engine.store.query<RecordRow>(compileTail(node, scope, since, BATCH));
    for (const row of rows) since.set(row.stream, { leaf: Number(row.leaf), slot: row.slot });
    rows.sort((a, b) => Number(a.recorded) - Number(b.recorded));
    const shown = rows.map((row) => shownRecord(services, tenant.id, row));
    if (shown.length > 0) raw.write(`data: ${JSON.stringify(shown)}\n\n`);
    // A full batch may not have been all.
    if (rows.length === BATCH) woken = true;
  };
  raw.on('drain', () => void (woken && push()));
  const off = services.engine.indexer.onIndexed(() => void push());
  const beat = setInterval(() => {
    if (services.stillValid(context.principal)) raw.write(': \n\n');
    else raw.end();
  }, HEARTBEAT_MS);
  raw.on('close', () => {
    off();
    clearInterval(beat);
  });
  return context.reply;
}
