import { Failure } from '../../base/errors.js';
import { formatUuid, parseUuid } from '../../base/uuid.js';
import {
  type CorrelatedRow,
  compileById,
  compileCorrelation,
  correlatedIds,
  type RecordRow,
  type Scope,
} from '../../query/compile.js';
import type { Context, Route, Services } from '../context.js';
import type { CorrelationReply, StoredRecord } from '../contract.js';
import { withAnnotations } from './annotations.js';
import { justification } from './shown.js';

const ALL_TIME = { from: 0, to: Date.UTC(2262, 0, 1) };
const MAX_RECORDS = 2_000;
const MAX_IDS = 200;
/** Id → records → their other ids → records …: how often that is repeated. */
const ROUNDS = 4;

export function recordRoutes(services: Services): Route[] {
  return [
    {
      method: 'GET',
      url: '/v1/events/:id',
      permission: 'read',
      handle: (context) => oneRecord(services, context),
    },
    {
      method: 'GET',
      url: '/v1/events/:id/proof',
      permission: 'read',
      handle: (context) => oneProof(services, context),
    },
    {
      method: 'GET',
      url: '/v1/correlation/:id',
      permission: 'read',
      handle: (context) => correlation(services, context),
    },
  ];
}

function scopeOf(services: Services, context: Context): Scope {
  const tenant = context.tenant();
  return { tenant: tenant.id, streams: services.streamsOf(tenant), ...ALL_TIME, now: services.clock() };
}

const missing = (): Failure =>
  new Failure(
    'not_found',
    'There is no such record (a new one can be found a moment after it was accepted).',
  );

function wantedId(context: Context): string {
  const id = parseUuid((context.request.params as { id: string }).id);
  if (id === null) throw missing();
  return formatUuid(id);
}

async function oneRecord(services: Services, context: Context): Promise<StoredRecord> {
  const id = wantedId(context);
  const scope = scopeOf(services, context);
  const [row] = await services.engine.store.query<RecordRow>(compileById(id, scope));
  if (row === undefined) throw missing();
  await services.accessLog.record(context.tenant(), context.principal, {
    action: 'record_read',
    entity: { type: 'record', id },
    details: justification(context),
  });
  return (await withAnnotations(services, [row], scope))[0] as StoredRecord;
}

async function oneProof(services: Services, context: Context): Promise<unknown> {
  const id = wantedId(context);
  const cosigned = (context.request.query as { cosigned?: string }).cosigned === '1';
  if (cosigned && services.engine.cosigning === null)
    throw new Failure('bad_request', 'No witnesses cosign the logs here: see witness_policy.', {
      field: 'cosigned',
    });
  const under = cosigned ? 'checkpoint.cosigned' : 'checkpoint';
  const receipt = await services.engine.proofOf(context.tenant(), id, under);
  if (receipt === null) throw missing();
  await services.accessLog.record(context.tenant(), context.principal, {
    action: 'proof_read',
    entity: { type: 'record', id },
    details: justification(context),
  });
  return context.reply.type('text/plain; charset=utf-8').send(receipt.proof);
}

async function correlation(services: Services, context: Context): Promise<CorrelationReply> {
  const { id } = context.request.params as { id: string };
  if (id.length > 128)
    throw new Failure('too_long', 'A correlation id has at most 128 characters.', { field: 'id' });
  const scope = scopeOf(services, context);
  const ids = new Set([id]);
  let rows: CorrelatedRow[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = ids.size;
    rows = await services.engine.store.query<CorrelatedRow>(
      compileCorrelation([...ids], scope, MAX_RECORDS + 1),
    );
    for (const found of rows.flatMap(correlatedIds)) if (ids.size < MAX_IDS) ids.add(found);
    if (ids.size === before) break;
  }
  const shown = rows.slice(0, MAX_RECORDS);
  // An id that nothing carries may be anything, so it is not repeated: stored ids passed the guard.
  const known = shown.length > 0;
  await services.accessLog.record(context.tenant(), context.principal, {
    action: 'correlation_read',
    entity: { type: 'correlation', id },
    details: { returned: shown.length, ...justification(context) },
  });
  return {
    id: known ? id : '',
    ids: known ? [...ids] : [],
    records: await withAnnotations(services, shown, scope),
    truncated: rows.length > MAX_RECORDS,
  };
}
