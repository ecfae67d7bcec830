import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { parsePath, TILE_WIDTH } from '@prooflog/proof';
import { allows } from '../../access/roles.js';
import { Failure } from '../../base/errors.js';
import { type LogName, splitLog } from '../../event/stages.js';
import { isBlockStream } from '../../event/streams.js';
import type { CheckpointFile } from '../../ledger/checkpoints.js';
import { type Context, logName, type Route, type Services } from '../context.js';
import type { TrustedLog } from '../contract.js';
import { justification } from './shown.js';

const compressed = promisify(gzip);

/** Paths of c2sp.org/tlog-tiles, and the block files beside them. Nothing else is ever opened. */
const GROUPS = '(?:x\\d{3}/)*\\d{3}';
const TILE = new RegExp(
  `^(?:tile/(?:entries|[0-9]|[1-5]\\d|6[0-3])/${GROUPS}(?:\\.p/(?:[1-9]\\d{0,2}))?|block/${GROUPS})$`,
);

const IMMUTABLE = 'private, max-age=31536000, immutable';

/** The tlog-tiles read API. Entries are records, so every path needs the right to read the ledger. */
export function ledgerRoutes(services: Services): Route[] {
  return [
    {
      method: 'GET',
      url: '/v1/logs-of-trust',
      permission: 'read_ledger',
      handle: (context) => listLogs(services, context),
    },
    {
      method: 'GET',
      url: '/ledger/:tenant/:stream/checkpoint',
      permission: 'read_ledger',
      handle: (context) => sendFile(services, context, 'checkpoint'),
    },
    {
      method: 'GET',
      url: '/ledger/:tenant/:stream/checkpoint.cosigned',
      permission: 'read_ledger',
      handle: (context) => sendFile(services, context, 'checkpoint.cosigned'),
    },
    {
      method: 'GET',
      url: '/ledger/:tenant/:stream/vkey',
      permission: 'read_ledger',
      handle: (context) => sendFile(services, context, 'vkey'),
    },
    {
      method: 'GET',
      url: '/ledger/:tenant/:stream/minimum-index',
      permission: 'read_ledger',
      handle: (context) => sendFile(services, context, 'minimum-index'),
    },
    {
      method: 'GET',
      url: '/ledger/:tenant/:stream/*',
      permission: 'read_ledger',
      handle: (context) => sendTile(services, context),
    },
  ];
}

async function listLogs(services: Services, context: Context): Promise<{ logs: TrustedLog[] }> {
  const tenant = context.tenant();
  const logs = await services.engine.logsOf(tenant);
  return { logs: logs.map((log) => ({ ...log, path: `/ledger/${tenant.id}/${log.stream}` })) };
}

/** The path names the tenant by id or slug; a key for another tenant learns nothing about it. */
function wantedLog(services: Services, context: Context): LogName {
  const { tenant: named, stream } = context.request.params as { tenant: string; stream: string };
  const tenant = services.tenants.find(named);
  const own = context.principal.tenant;
  if (tenant === undefined || (own !== null && own !== tenant.id)) throw missing();
  const log = logName(services.tenants.admit(tenant), stream);
  if (services.engine.ledger.size(log) === 0) throw missing();
  return log;
}

const missing = (): Failure => new Failure('not_found', 'There is no such ledger resource.');

async function record(services: Services, context: Context, log: LogName): Promise<void> {
  const [tenantId, stream = ''] = log.split('/');
  const tenant = services.tenants.get(tenantId ?? '');
  // The record of reading the access log would itself grow it, for ever, under a verifier that follows it.
  if (tenant !== undefined)
    await services.accessLog.recordOnce(tenant, context.principal, {
      action: 'ledger_read',
      entity: { type: 'stream', id: stream },
    });
}

async function sendFile(
  services: Services,
  context: Context,
  name: CheckpointFile | 'vkey' | 'minimum-index',
): Promise<unknown> {
  const log = wantedLog(services, context);
  const body = await read(join(services.engine.ledger.dirOf(log), name));
  return context.reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache').send(body);
}

async function sendTile(services: Services, context: Context): Promise<unknown> {
  const path = (context.request.params as { '*': string })['*'];
  if (!TILE.test(path)) throw missing();
  const log = wantedLog(services, context);
  if (endOf(path) <= services.engine.minimums.of(log).index)
    throw new Failure(
      'expired',
      'The time of these entries was over: their bytes are gone, their hashes stay.',
    );
  const quarantined = await refuseWithheld(services, context, log, path);
  if (!path.startsWith('tile/') || path.startsWith('tile/entries/')) await record(services, context, log);
  const body = await read(join(services.engine.ledger.dirOf(log), path));
  const reply = context.reply
    .type('application/octet-stream')
    .header('cache-control', quarantined ? 'no-store' : IMMUTABLE);
  // Hashes do not get smaller; records do, to a fifth.
  if (path.startsWith('tile/') && !path.startsWith('tile/entries/')) return reply.send(body);
  reply.header('vary', 'accept-encoding');
  if (!takesGzip(context.request.headers['accept-encoding'])) return reply.send(body);
  return reply.header('content-encoding', 'gzip').send(await compressed(body));
}

/**
 * Bytes that hold a record under quarantine are for the administrator of the installation only, for a stated reason.
 * @returns whether these do.
 * @throws Failure `quarantined`.
 */
async function refuseWithheld(
  services: Services,
  context: Context,
  log: LogName,
  path: string,
): Promise<boolean> {
  const { tenant: id, stream } = splitLog(log);
  const parsed = parsePath(path);
  // In a stream sealed in blocks an entry says nothing of its records.
  if (parsed === null || parsed.kind === 'tile' || isBlockStream(stream) !== (parsed.kind === 'block'))
    return false;
  const from = parsed.kind === 'block' ? parsed.leaf : parsed.index * TILE_WIDTH;
  if (services.engine.incidents.withheld(log, from, endOf(path)).length === 0) return false;
  const { principal } = context;
  const stated = justification(context);
  const tenant = services.tenants.get(id);
  const mayRead = allows(principal, 'manage_tenants') && stated.justification !== undefined;
  if (!mayRead || tenant === undefined)
    throw new Failure(
      'quarantined',
      'These bytes hold a record that is withheld because of a privacy incident; the administrator of the installation may read them, for a reason stated as X-Prooflog-Justification.',
    );
  await services.accessLog.record(tenant, principal, {
    action: 'quarantined_read',
    entity: { type: 'stream', id: stream },
    details: stated,
  });
  return true;
}

/** Whether `gzip` is named and not refused by `q=0` (RFC 9110 §12.5.3). */
const takesGzip = (header: string | string[] | undefined): boolean =>
  /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)/i.test(String(header ?? ''));
/** End index of what a path holds the bytes of; tiles are kept for ever, and so is an incomplete bundle while it is one. */
function endOf(path: string): number {
  const parsed = parsePath(path);
  if (parsed === null || parsed.kind === 'tile') return Number.POSITIVE_INFINITY;
  return parsed.kind === 'block' ? parsed.leaf + 1 : (parsed.index + 1) * TILE_WIDTH;
}

async function read(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new Failure('not_found', 'There is no such ledger resource.', { cause });
  }
}
