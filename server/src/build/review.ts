import type { Kysely } from 'kysely';
import { AccessLog } from '../api/access-log.js';
import type { Clock } from '../base/clock.js';
import type { Settings } from '../base/settings.js';
import { splitLog } from '../event/stages.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { Minimums } from '../retention/minimums.js';
import { Incidents, type Surroundings } from '../review/incidents.js';
import { Review } from '../review/review.js';
import type { ReviewTables } from '../review/tables.js';
import { tableOf } from '../store/tables.js';
import type { OpenEngine } from './engine.js';
import { knownTenant } from './records.js';
import { settledRows } from './store.js';

interface Rooms
  extends Pick<
    OpenEngine,
    'pipeline' | 'sealer' | 'store' | 'indexer' | 'tenants' | 'anonymisation' | 'log'
  > {
  readonly reader: LedgerReader;
  readonly minimums: Minimums;
}

/** Privacy incidents, and the reviews that find them. */
export async function openReview(
  settings: Settings,
  db: Kysely<ReviewTables>,
  rooms: Rooms,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<{ incidents: Incidents; review: Review }> {
  const { pipeline, sealer, store, reader, minimums, indexer, anonymisation } = rooms;
  const accessLog = new AccessLog(pipeline, clock);
  const record: Surroundings['record'] = async (log, by, entry) => {
    const { tenant, stream } = splitLog(log);
    if (entry.action === 'privacy_incident_opened')
      rooms.log.error(
        { log, incident: entry.eventId },
        'a stored record holds what should not have been kept',
      );
    await accessLog.record(knownTenant(rooms, tenant), by, { ...entry, entity: { type: 'log', id: stream } });
  };
  const incidents = await Incidents.load(
    db,
    {
      record,
      async withhold(log, places) {
        await settledRows(indexer);
        await store.withhold(log, places);
      },
      async restore(log, { leaf, slot }, token) {
        await settledRows(indexer);
        const size = sealer.sizes().get(log) ?? 0;
        const range = {
          log,
          table: tableOf(splitLog(log).stream),
          from: leaf,
          to: leaf + 1,
          size,
          token,
          slot,
        };
        const veil = { withheld: [], addressesBelow: anonymisation.below(log) };
        // Added before the empty row goes: nothing is missing in between.
        if (leaf >= minimums.of(log).index) await store.index({ ...range, veil });
        await store.unveil(log, { leaf, slot });
      },
    },
    clock,
    onError,
  );
  const review = await Review.load({
    ...{ db, incidents, record, clock, onError },
    logs: () => sealer.sizes(),
    minimum: (log) => minimums.of(log).index,
    pick: (log, leaves, size) => reader.pick(log, leaves, size),
    sample: Number(settings.review_sample),
    rate: Number(settings.review_rate),
  });
  return { incidents, review };
}
