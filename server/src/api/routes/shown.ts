import type { RecordRow } from '../../query/compile.js';
import type { Context, Services } from '../context.js';
import type { StoredRecord } from '../contract.js';

/**
 * A stored record as it is given out: what was sealed, its hash beside `prev_hash`, and beside all that how a newer
 * version of the event reads it.
 * @param tenant id of the tenant whose packs say so
 */
export function shownRecord(services: Services, tenant: string, row: RecordRow): StoredRecord {
  const record = JSON.parse(row.record) as StoredRecord;
  const upcast = services.upcast(tenant, record);
  return {
    ...record,
    ...(upcast === undefined ? {} : { upcast }),
    integrity: { ...record.integrity, hash: row.hash },
  };
}

/** Why, as the reader states it (requirement H-2); goes into the access record. */
export function justification(context: Context): { justification?: string } {
  const given = context.request.headers['x-prooflog-justification'];
  return typeof given === 'string' && given !== '' ? { justification: given.slice(0, 500) } : {};
}
