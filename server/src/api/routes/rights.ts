import { parseRfc3339 } from '../../base/clock.js';
import { Failure } from '../../base/errors.js';
import { formatUuid, newUuid } from '../../base/uuid.js';
import { scrub } from '../../guard/detect/index.js';
import { compileSearch, type RecordRow } from '../../query/compile.js';
import type { Erasure } from '../../rights/erasure.js';
import type { Hold } from '../../rights/holds.js';
import { withOpenedValues } from '../../rights/subject-records.js';
import type { Context, Route, Services } from '../context.js';
import type { ErasureReply, HoldReply, StoredRecord, SubjectRecordsReply } from '../contract.js';
import { Fields } from './body.js';
import { receiptOf, shownRecord } from './shown.js';

const LONGEST_ID = 512;
const LONGEST_GROUND = 512;

/** Erasure and legal holds. A subject is named by its own id, in the body: addresses end up in logs. */
export function rightsRoutes(services: Services): Route[] {
  const permission = 'manage_privacy';
  return [
    { method: 'POST', url: '/v1/erasures', permission, handle: (c) => erase(services, c) },
    { method: 'GET', url: '/v1/erasures/:id', permission, handle: (c) => oneErasure(services, c) },
    { method: 'POST', url: '/v1/erasures/:id/scan', permission, handle: (c) => scanAgain(services, c) },
    { method: 'POST', url: '/v1/subjects/records', permission, handle: (c) => subjectRecords(services, c) },
    { method: 'POST', url: '/v1/holds', permission, handle: (c) => setHold(services, c) },
    { method: 'GET', url: '/v1/holds', permission, handle: (c) => listHolds(services, c) },
    { method: 'DELETE', url: '/v1/holds/:id', permission, handle: (c) => liftHold(services, c) },
  ];
}

function subjectIn(fields: Fields): string {
  const subject = fields.text('subject');
  if (subject === '' || subject.length > LONGEST_ID)
    throw new Failure('bad_value', `subject must have 1 to ${LONGEST_ID} characters.`, { field: 'subject' });
  return subject;
}

/** People write names into reasons: what is kept of one has passed the same rules as any text. */
export function cleanGround(ground: string, field: string): string {
  if (ground === '' || ground.length > LONGEST_GROUND)
    throw new Failure('bad_value', `${field} must have 1 to ${LONGEST_GROUND} characters.`, { field });
  return scrub(ground)?.text ?? ground;
}

const groundIn = (fields: Fields): string => cleanGround(fields.text('ground'), 'ground');

const idIn = (context: Context): string => (context.request.params as { id: string }).id;

async function shown(services: Services, context: Context, erasure: Erasure): Promise<ErasureReply> {
  const tenant = context.tenant();
  const wanted = erasure.state === 'scanned' ? [erasure.record_id, erasure.scan_id] : [erasure.record_id];
  // Both records are sealed; that the search store knows them too takes a moment.
  await services.engine.indexedTo(services.engine.journal.durable, AbortSignal.timeout(10_000));
  const receipts = await Promise.all(wanted.map((id) => receiptOf(services, tenant, id)));
  const { tenant: _, scan, ...rest } = erasure;
  return {
    ...rest,
    scan: (scan ?? []).map((report) => ({ ...report, found: [...report.found], unread: [...report.unread] })),
    proofs: receipts.flatMap((receipt) => (receipt === null ? [] : [receipt.proof])),
  };
}

async function erase(services: Services, context: Context): Promise<ErasureReply> {
  const fields = await Fields.read(context);
  const subject = subjectIn(fields);
  const ground = groundIn(fields);
  fields.end();
  const erasure = await services.engine.erasures.erase(
    context.tenant().id,
    context.principal,
    subject,
    ground,
  );
  return shown(services, context, erasure);
}

async function oneErasure(services: Services, context: Context): Promise<ErasureReply> {
  return shown(services, context, await services.engine.erasures.get(context.tenant().id, idIn(context)));
}

async function scanAgain(services: Services, context: Context): Promise<ErasureReply> {
  const fields = await Fields.read(context);
  const subject = subjectIn(fields);
  fields.end();
  const tenant = context.tenant().id;
  return shown(services, context, await services.engine.erasures.scanAgain(tenant, idIn(context), subject));
}

const MOST_RECORDS = 1_000;

/** What a person did, with the values sealed for that person opened: the newest first. */
async function subjectRecords(services: Services, context: Context): Promise<SubjectRecordsReply> {
  const fields = await Fields.read(context);
  const subjectId = subjectIn(fields);
  fields.end();
  const tenant = context.tenant();
  const { vault, store } = services.engine;
  const subject = vault.traces(tenant.id, subjectId)?.pseudonym;
  if (subject === undefined)
    throw new Failure('not_found', 'Nothing is kept under this id.', { field: 'subject' });
  const node = { kind: 'equals', field: 'actor.id', value: subject, phrase: true } as const;
  const now = services.clock();
  const scope = {
    tenant: tenant.id,
    streams: services.streamsOf(tenant),
    from: 0,
    to: Date.UTC(2262, 0, 1),
    now,
  };
  const rows = await store.query<RecordRow>(
    compileSearch(node, scope, { limit: MOST_RECORDS, order: 'newest' }),
  );
  await services.accessLog.record(tenant, context.principal, {
    action: 'subject_read',
    entity: { type: 'subject', id: subject },
    details: { returned: rows.length },
  });
  const records = rows.map((row) =>
    withOpenedValues(vault, tenant.id, subject, { ...shownRecord(services, tenant.id, row) }),
  );
  return { subject, records: records as unknown as StoredRecord[], truncated: rows.length === MOST_RECORDS };
}

const shownHold = ({ tenant: _, ...hold }: Hold): HoldReply => hold;

async function setHold(services: Services, context: Context): Promise<unknown> {
  const fields = await Fields.read(context);
  const subjectId = subjectIn(fields);
  const ground = groundIn(fields);
  const until = fields.optional('until');
  fields.end();
  const end = until === undefined ? null : parseRfc3339(until);
  if (until !== undefined && end === null)
    throw new Failure('bad_time', 'until must be an RFC 3339 time with an offset.', { field: 'until' });
  const tenant = context.tenant();
  const subject = services.engine.vault.traces(tenant.id, subjectId)?.pseudonym;
  if (subject === undefined)
    throw new Failure('not_found', 'Nothing is kept under this id.', { field: 'subject' });
  const hold = await services.engine.holds.set(tenant.id, subject, ground, end?.text ?? null);
  await record(services, context, 'hold_set', hold);
  return context.reply.code(201).send(shownHold(hold));
}

async function listHolds(services: Services, context: Context): Promise<{ holds: HoldReply[] }> {
  return { holds: (await services.engine.holds.list(context.tenant().id)).map(shownHold) };
}

async function liftHold(services: Services, context: Context): Promise<unknown> {
  const hold = await services.engine.holds.lift(context.tenant().id, idIn(context));
  if (hold === undefined) throw new Failure('not_found', 'There is no such hold.');
  await record(services, context, 'hold_lifted', hold);
  return context.reply.code(204).send();
}

async function record(services: Services, context: Context, action: string, hold: Hold): Promise<void> {
  await services.accessLog.record(context.tenant(), context.principal, {
    eventId: formatUuid(newUuid(services.clock())),
    action,
    entity: { type: 'subject', id: hold.subject },
    details: { ground: hold.ground, ...(hold.until === null ? {} : { until: hold.until }) },
  });
}
