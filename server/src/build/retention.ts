import type { Kysely } from 'kysely';
import { PLATFORM_PACK } from '../api/access-log.js';
import type { Clock } from '../base/clock.js';
import { type LogName, splitLog } from '../event/stages.js';
import type { Pruning } from '../ledger/pruning.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { Pack } from '../pack/model.js';
import { anonymiseAfter, retentionOf } from '../pack/retention.js';
import { Anonymisation } from '../retention/anonymisation.js';
import { Expiry } from '../retention/expiry.js';
import type { Minimums } from '../retention/minimums.js';
import { Rules } from '../retention/rules.js';
import type { RetentionTables } from '../retention/tables.js';
import type { OpenEngine } from './engine.js';
import { knownTenant, type Recorder } from './records.js';
import { settledRows } from './store.js';

/** In whose name records expire, and addresses go. */
export const EXPIRY = { credential: 'retention', role: 'system' };

interface Rooms extends Pick<OpenEngine, 'ledger' | 'sealer' | 'store' | 'indexer' | 'holds' | 'originOf'> {
  readonly reader: LedgerReader;
  readonly pruning: Pruning;
  readonly minimums: Minimums;
}

type Turned = Pick<OpenEngine, 'tenants' | 'packs'>;

const packsOf = (rooms: Turned, tenant: string): Pack[] =>
  [...knownTenant(rooms, tenant).packs, PLATFORM_PACK].flatMap((name) => rooms.packs.get(name) ?? []);

/** How long each tenant's streams are kept. */
export const openRules = (db: Kysely<RetentionTables>, rooms: Turned, clock: Clock): Rules =>
  new Rules(db, (tenant, stream) => retentionOf(packsOf(rooms, tenant), stream), clock);

/** Writes what the log's minimum index is, where there is one. */
export async function publishMinimum(
  { minimums, pruning }: Pick<Rooms, 'minimums' | 'pruning'>,
  log: LogName,
): Promise<void> {
  const { index } = minimums.of(log);
  if (index > 0) await pruning.publish(log, index);
}

/** Evidence in the tenant's stream `admin`; the same id twice is one record. */
const recordOf =
  (record: Recorder, action: string) =>
  (log: LogName, eventId: string, details: Record<string, string | number | boolean>): Promise<void> => {
    const { tenant, stream } = splitLog(log);
    return record(tenant, EXPIRY, { action, entity: { type: 'log', id: stream }, eventId, details });
  };

/** The job that carries the rules out. */
export function openExpiry(
  rules: Rules,
  rooms: Rooms,
  record: Recorder,
  clock: Clock,
  onError: (error: unknown) => void,
): Expiry {
  const { pruning, reader, sealer, store, indexer, originOf } = rooms;
  return new Expiry(
    rules,
    rooms.minimums,
    {
      logs: () => sealer.sizes(),
      originOf,
      read: (log, from, to, size) => reader.read(log, from, to, size),
      held: async (tenant) => new Set((await rooms.holds.list(tenant)).map((hold) => hold.subject)),
      record: recordOf(record, 'records_expired'),
      // A change of keys has the same note signed anew, and neither may put an older one over the other's.
      publish: (log) => rooms.ledger.checkpoints.alone(log, () => publishMinimum(rooms, log)),
      removeFiles: (log, since, index) => pruning.remove(log, since, index),
      async removeRows(log, index) {
        await settledRows(indexer);
        await store.expire(log, index);
      },
    },
    clock,
    onError,
  );
}

/** The job that takes network addresses out of the search store when their time is over. */
export function openAnonymisation(
  db: Kysely<RetentionTables>,
  rooms: Turned & Omit<Rooms, 'ledger' | 'holds' | 'pruning'>,
  record: Recorder,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<Anonymisation> {
  const { reader, sealer, store, indexer, originOf, minimums } = rooms;
  const tell = recordOf(record, 'addresses_anonymised');
  return Anonymisation.load(
    db,
    {
      logs: () => sealer.sizes(),
      minimum: (log) => minimums.of(log).index,
      after: (tenant, stream) => anonymiseAfter(packsOf(rooms, tenant), stream),
      read: (log, from, to, size) => reader.read(log, from, to, size),
      record: (log, eventId, details) => tell(log, eventId, { origin: originOf(log), ...details }),
      async clean(log, from, below) {
        await settledRows(indexer);
        await store.anonymise(log, from, below);
      },
    },
    clock,
    onError,
  );
}
