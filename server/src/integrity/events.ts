import type { Rejection } from '../base/errors.js';
import { Failure } from '../base/errors.js';
import { type LogName, type Received, type Sender, splitLog } from '../event/stages.js';

/** What the platform has to say about its ledger. Paths are cut to what the stream takes. */
export interface SecurityRecord {
  /** Event id: sent again under the same one, it stays one record. */
  readonly id: string;
  readonly action: 'tamper_detected' | 'tamper_cleared' | 'ledger_repaired' | 'archive_conflict';
  readonly actor: 'integrity' | 'repair' | 'archive';
  readonly result: 'success' | 'failure';
  readonly log: LogName;
  /** RFC 3339 */
  readonly at: string;
  /** As packs/prooflog/events/security.yaml declares them, besides the log. */
  readonly details: Readonly<Record<string, string | number>>;
}

/** What a finding is in the ledger. `index` and `eventId` name the first entry concerned, where there is one. */
export interface Alarm {
  readonly id: string;
  readonly action: 'tamper_detected' | 'tamper_cleared';
  readonly log: LogName;
  readonly code: string;
  readonly path: string;
  readonly index: number | null;
  readonly eventId: string | null;
  /** RFC 3339 */
  readonly at: string;
}

/** The pipeline, as far as these records need it. */
export interface RecordSink {
  events(
    items: readonly Received[],
    refused: [],
    sender: Sender,
  ): Promise<{ readonly rejected: readonly Rejection[] }>;
}

/** Longer names are of files that nobody but an intruder made. */
const MAX_PATH = 256;

/** Writes the record of an alarm. @throws Failure when it was not kept. */
export function writeAlarm(sink: RecordSink, tenant: Sender['tenant'], alarm: Alarm): Promise<void> {
  const { id, action, log, at, code, path, index, eventId } = alarm;
  return writeSecurityRecord(sink, tenant, {
    id,
    action,
    actor: 'integrity',
    result: action === 'tamper_cleared' ? 'success' : 'failure',
    log,
    at,
    details: {
      code,
      path: path.slice(0, MAX_PATH),
      ...(index === null ? {} : { index }),
      ...(eventId === null ? {} : { event_id: eventId }),
    },
  });
}

/** Writes a record the way of every other record. @throws Failure when it was not kept. */
export async function writeSecurityRecord(
  sink: RecordSink,
  tenant: Sender['tenant'],
  record: SecurityRecord,
): Promise<void> {
  const event = {
    event_id: record.id,
    action: record.action,
    occurred_at: record.at,
    actor: { type: 'system', id: record.actor },
    entity: { type: 'log', id: splitLog(record.log).stream },
    result: record.result,
    metadata: { safe_fields_only: true, details: { log: record.log, ...record.details } },
  };
  const items = [{ index: 0, value: event }];
  const [refused] = (await sink.events(items, [], { tenant, credential: record.actor })).rejected;
  if (refused !== undefined)
    throw new Failure('internal', 'A finding could not be recorded.', {
      cause: new Error(`${refused.code} at ${refused.field}`),
    });
}
