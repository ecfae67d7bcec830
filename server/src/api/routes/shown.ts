import type { RecordRow } from '../../query/compile.js';
import type { Context } from '../context.js';
import type { StoredRecord } from '../contract.js';

/** A stored record as it is given out: what was sealed, and its hash beside `prev_hash`. */
export function shownRecord(row: RecordRow): StoredRecord {
  const record = JSON.parse(row.record) as StoredRecord;
  return { ...record, integrity: { ...record.integrity, hash: row.hash } };
}

/** Why, as the reader states it (requirement H-2); goes into the access record. */
export function justification(context: Context): { justification?: string } {
  const given = context.request.headers['x-prooflog-justification'];
  return typeof given === 'string' && given !== '' ? { justification: given.slice(0, 500) } : {};
}
