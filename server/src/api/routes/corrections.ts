import { type CorrectionRow, compileCorrections, type RecordRow, type Scope } from '../../query/compile.js';
import type { Services } from '../context.js';
import type { StoredRecord } from '../contract.js';
import { shownRecord } from './shown.js';

/** The records as they are shown, each with the ids of those that correct it, whenever they came. */
export async function withCorrections(
  services: Services,
  rows: readonly RecordRow[],
  scope: Scope,
): Promise<StoredRecord[]> {
  const records = rows.map((row) => shownRecord(services, scope.tenant, row));
  const events = records.filter((record) => record.event_type !== 'log').map((record) => record.event_id);
  if (events.length === 0) return records;
  const anyTime = { ...scope, from: 0, to: Date.UTC(2262, 0, 1) };
  const found = await services.engine.store.query<CorrectionRow>(compileCorrections(events, anyTime));
  const by = new Map<string, string[]>();
  for (const row of found) by.set(row.corrects, [...(by.get(row.corrects) ?? []), row.event_id]);
  return records.map((record) => {
    const corrections = by.get(record.event_id);
    return corrections === undefined ? record : { ...record, corrected_by: corrections };
  });
}
