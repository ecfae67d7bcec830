import type { LogName, RecordPlace } from '../event/stages.js';
import type { Hit } from './hits.js';
import type { IncidentStep, Outcome } from './tables.js';

/** Who found or judged it, as it stands in the records. */
export interface By {
  readonly credential: string;
  readonly role: string;
}

/** A stored record in which the rules of today found something. */
export interface Leak extends RecordPlace {
  readonly event_id: string;
  readonly hits: readonly Hit[];
}

/** A leak found behind the door, and what was done about it. */
export interface Incident extends Leak {
  /** The event id of the record `privacy_incident_opened`. */
  readonly id: string;
  readonly log: LogName;
  readonly ruleset: string;
  /** RFC 3339 */
  readonly found_at: string;
  readonly step: IncidentStep;
  readonly outcome: Outcome | null;
  readonly note: string | null;
  readonly closed_at: string | null;
  readonly closed_by: By | null;
  readonly close_id: string | null;
}

/** Whether the record is withheld. */
export const inForce = ({ step, outcome }: Incident): boolean =>
  outcome !== 'false_positive' || (step !== 'lifting' && step !== 'closed');

/** A record of the stream `security`. */
export interface SecurityEntry {
  readonly eventId: string;
  readonly action: 'records_reviewed' | 'privacy_incident_opened' | 'privacy_incident_closed';
  readonly result: 'success' | 'failure';
  readonly details: Readonly<Record<string, string | number>>;
}

/** What no incident can change; it stands in the record and in every answer. */
export const REMAINS =
  'Search, exports and pages do not show the record any more. Its sealed bytes stay in the ledger, and where that was copied to: archive, backups, exports and answers given out before. The ledger loses them when the time of the stream is over.';

/** In whose name a review is made that nobody asked for. */
export const REVIEWER: By = { credential: 'review', role: 'system' };

/** What a record or an answer has room for. */
const LONGEST_HITS = 4_000;
export const hitsText = (hits: readonly (Hit & { readonly records?: number })[]): string =>
  hits
    .map(
      ({ rule, path, records }) =>
        `${rule} in ${path}${records === undefined ? '' : ` (${records} records)`}`,
    )
    .join('; ')
    .slice(0, LONGEST_HITS);

/** The record that opens it. */
export function opened({ id, log, event_id, leaf, hits, ruleset }: Incident): SecurityEntry {
  return {
    eventId: id,
    action: 'privacy_incident_opened',
    result: 'failure',
    details: {
      log,
      severity: 'critical',
      event_id,
      index: leaf,
      hits: hitsText(hits),
      ruleset,
      remains: REMAINS,
    },
  };
}

/** The record of a judgement. */
export function closed({ close_id, id, log, event_id, leaf, outcome, note }: Incident): SecurityEntry {
  return {
    eventId: close_id ?? id,
    action: 'privacy_incident_closed',
    result: 'success',
    details: { log, incident: id, event_id, index: leaf, outcome: outcome ?? '', note: note ?? '' },
  };
}
