import type { TenantInfo } from '../../access/tenants.js';
import { toRfc3339 } from '../../base/clock.js';
import { Failure } from '../../base/errors.js';
import type { RecordRow } from '../../query/compile.js';
import { type Context, logName, type Services } from '../context.js';
import type { StoredRecord } from '../contract.js';
import type { Receipt } from '../engine.js';

/**
 * A stored record as it is given out: what was sealed, its hash beside `prev_hash`, and beside all that how a newer
 * version of the event reads it. Of a record under quarantine only what its row is known by.
 * @param tenant id of the tenant whose packs say so
 */
export function shownRecord(services: Services, tenant: string, row: RecordRow): StoredRecord {
  const { incidents, anonymisation } = services.engine;
  const log = logName({ id: tenant }, row.stream);
  const place = { leaf: Number(row.leaf), slot: row.slot };
  if (row.record === '' || incidents.withholding(log, place) !== undefined)
    return withheldRecord(services, tenant, row);
  const record = JSON.parse(row.record) as StoredRecord;
  const upcast = services.upcast(tenant, record);
  return {
    ...record,
    ...(upcast === undefined ? {} : { upcast }),
    ...(place.leaf < anonymisation.below(log) ? { anonymised: true } : {}),
    integrity: { ...record.integrity, hash: row.hash },
  };
}

function withheldRecord(services: Services, tenant: string, row: RecordRow): StoredRecord {
  const leaf = Number(row.leaf);
  const incident = services.engine.incidents.about(logName({ id: tenant }, row.stream), {
    leaf,
    slot: row.slot,
  });
  return {
    event_id: row.event_id,
    event_type: 'withheld',
    event_version: 1,
    stream: row.stream,
    occurred_at: toRfc3339(Number(row.at)),
    recorded_at: toRfc3339(Number(row.recorded)),
    tenant: { id: tenant, slug: services.tenants.get(tenant)?.slug ?? '' },
    withheld: { incident: incident?.id ?? null, hits: [...(incident?.hits ?? [])], index: leaf },
    integrity: { hash: row.hash },
  };
}

/** A receipt to go along with something else: none where it would carry a record that is withheld. */
export async function receiptOf(
  { engine }: Services,
  tenant: TenantInfo,
  eventId: string,
): Promise<Receipt | null> {
  try {
    return await engine.proofOf(tenant, eventId);
  } catch (error) {
    if (error instanceof Failure && error.code === 'quarantined') return null;
    throw error;
  }
}

/** Why, as the reader states it (requirement H-2); goes into the access record. */
export function justification(context: Context): { justification?: string } {
  const given = context.request.headers['x-prooflog-justification'];
  return typeof given === 'string' && given !== '' ? { justification: given.slice(0, 500) } : {};
}
