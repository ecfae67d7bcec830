import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Clock } from '../base/clock.js';
import type { Settings } from '../base/settings.js';
import { compileHolding } from '../query/compile.js';
import type { ConsentBook } from '../rights/consent-book.js';
import { Consents } from '../rights/consents.js';
import { Erasures, type Surroundings } from '../rights/erasure.js';
import { Holds } from '../rights/holds.js';
import { folder, type Place } from '../rights/scan.js';
import type { RightsTables } from '../rights/tables.js';
import { archiveOf, openBucket } from './archive.js';
import type { OpenEngine } from './engine.js';
import { knownTenant, type Recorder } from './records.js';
import { ALL_TIME, streamsOf } from './streams.js';

interface Rooms extends Pick<OpenEngine, 'store' | 'tenants' | 'packs' | 'vault'> {
  readonly db: Kysely<RightsTables>;
  readonly consentBook: ConsentBook;
}

/** What people may demand of their data. */
export function openRights(settings: Settings, rooms: Rooms, record: Recorder, clock: Clock) {
  const { db, vault, consentBook } = rooms;
  const holds = new Holds(db, clock);
  const consents = new Consents(
    db,
    consentBook,
    (tenant, by, { subject, ...entry }) =>
      record(tenant, by, { ...entry, result: 'success', entity: { type: 'subject', id: subject } }),
    clock,
  );
  const erasures = new Erasures(db, vault, holds, surroundings(settings, rooms, record, clock), clock);
  return { holds, consents, erasures };
}

/** What an erasure needs of the other rooms. */
function surroundings(
  settings: Settings,
  rooms: Pick<OpenEngine, 'store' | 'tenants' | 'packs'>,
  record: Recorder,
  clock: Clock,
): Surroundings {
  const own = [
    'journal',
    'ledger',
    'quarantine',
    'store',
    'keys',
    'control.db',
    'control.db-wal',
    'control.db-shm',
  ];
  const others = settings.erasure_scan.split(',').filter((path) => path.trim() !== '');
  return {
    record: (tenant, by, about) =>
      record(tenant, by, { ...about, entity: { type: 'subject', id: about.subject } }),
    async rowsHolding(id, text) {
      const tenant = knownTenant(rooms, id);
      const scope = { tenant: id, streams: streamsOf(rooms.packs, tenant.packs), ...ALL_TIME };
      const [row] = await rooms.store.query<{ n: string | number }>(
        compileHolding(text, { ...scope, now: clock() }),
      );
      return Number(row?.n ?? 0);
    },
    places: [
      ...own.map((name) => folder(name, join(settings.data, name))),
      ...others.map((path, i) => folder(`erasure_scan ${i + 1}`, path.trim())),
      ...(settings.archive_bucket === '' ? [] : [archivePlace(settings)]),
    ],
  };
}

/** Every version of every object in the archive. */
function archivePlace(settings: Settings): Place {
  return {
    name: 'archive',
    async *contents() {
      const bucket = await openBucket(settings, archiveOf(settings));
      try {
        for await (const { path, id } of bucket.versions(''))
          yield {
            name: `${path} (${id})`,
            async *read() {
              const bytes = await bucket.get(path, id);
              if (bytes !== null) yield bytes;
            },
          };
      } finally {
        bucket.close();
      }
    },
  };
}
