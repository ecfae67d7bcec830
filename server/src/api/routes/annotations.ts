import { subjectsOf } from '@prooflog/proof';
import {
  type CorrectionRow,
  compileCorrections,
  compileErasures,
  type ErasureRow,
  type RecordRow,
  type Scope,
} from '../../query/compile.js';
import type { Services } from '../context.js';
import type { StoredRecord } from '../contract.js';
import { shownRecord } from './shown.js';

/** The records as they are shown, each with what was recorded about it later: corrections, and erasures of its people. */
export async function withAnnotations(
  services: Services,
  rows: readonly RecordRow[],
  scope: Scope,
): Promise<StoredRecord[]> {
  const records = rows.map((row) => shownRecord(services, scope.tenant, row));
  const anyTime = { ...scope, from: 0, to: Date.UTC(2262, 0, 1) };
  const [corrections, erasures] = await Promise.all([
    correctionsOf(services, records, anyTime),
    erasuresOf(services, records, anyTime),
  ]);
  return records.map((record) => {
    const corrected = corrections.get(record.event_id);
    const erased = [...subjectsOf(record)].flatMap((subject) => erasures.get(subject) ?? []);
    return {
      ...record,
      ...(corrected === undefined ? {} : { corrected_by: corrected }),
      ...(erased.length === 0 ? {} : { erased_by: erased }),
    };
  });
}

async function correctionsOf(
  services: Services,
  records: readonly StoredRecord[],
  scope: Scope,
): Promise<Map<string, string[]>> {
  const by = new Map<string, string[]>();
  const events = records.filter((record) => record.event_type !== 'log').map((record) => record.event_id);
  if (events.length === 0) return by;
  const rows = await services.engine.store.query<CorrectionRow>(compileCorrections(events, scope));
  for (const row of rows) by.set(row.corrects, [...(by.get(row.corrects) ?? []), row.event_id]);
  return by;
}

/** Those of the people these records name who were erased, by pseudonym. */
async function erasuresOf(
  services: Services,
  records: readonly StoredRecord[],
  scope: Scope,
): Promise<Map<string, ErasureRow>> {
  const subjects = new Set(records.flatMap((record) => [...subjectsOf(record)]));
  if (subjects.size === 0) return new Map();
  const rows = await services.engine.store.query<ErasureRow>(compileErasures([...subjects], scope));
  return new Map(rows.map((row) => [row.subject, row]));
}
