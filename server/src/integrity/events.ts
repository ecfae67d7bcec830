import type { Rejection } from '../base/errors.js';
import { Failure } from '../base/errors.js';
import { type LogName, type Received, type Sender, splitLog } from '../event/stages.js';

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

/** The pipeline, as far as alarms need it. */
export interface RecordSink {
  events(
    items: readonly Received[],
    refused: [],
    sender: Sender,
  ): Promise<{ readonly rejected: readonly Rejection[] }>;
}

/** Longer names are of files that nobody but an intruder made. */
const MAX_PATH = 256;
const CREDENTIAL = 'integrity';

/** Writes the record of an alarm the way of every other record. @throws Failure when it was not kept. */
export async function writeAlarm(sink: RecordSink, tenant: Sender['tenant'], alarm: Alarm): Promise<void> {
  const { stream } = splitLog(alarm.log);
  const event = {
    event_id: alarm.id,
    action: alarm.action,
    occurred_at: alarm.at,
    actor: { type: 'system', id: CREDENTIAL },
    entity: { type: 'log', id: stream },
    result: alarm.action === 'tamper_cleared' ? 'success' : 'failure',
    metadata: {
      safe_fields_only: true,
      details: {
        log: alarm.log,
        code: alarm.code,
        path: alarm.path.slice(0, MAX_PATH),
        ...(alarm.index === null ? {} : { index: alarm.index }),
        ...(alarm.eventId === null ? {} : { event_id: alarm.eventId }),
      },
    },
  };
  const outcome = await sink.events([{ index: 0, value: event }], [], { tenant, credential: CREDENTIAL });
  const refused = outcome.rejected[0];
  if (refused !== undefined)
    throw new Failure('internal', 'A finding could not be recorded.', {
      cause: new Error(`${refused.code} at ${refused.field}`),
    });
}
