import type { Kysely } from 'kysely';
import { PLATFORM_PACK } from '../api/access-log.js';
import type { Clock } from '../base/clock.js';
import type { Disk } from '../base/disk.js';
import { type LogName, splitLog } from '../event/stages.js';
import { Pruning } from '../ledger/pruning.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { Signer } from '../ledger/signer.js';
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
const EXPIRY = { credential: 'retention', role: 'system' };

interface Rooms
  extends Pick<OpenEngine, 'sealer' | 'store' | 'indexer' | 'holds' | 'tenants' | 'packs' | 'originOf'> {
  readonly disk: Disk;
  readonly reader: LedgerReader;
  readonly signer: Signer;
  readonly minimums: Minimums;
}

/** The rules of retention, and the jobs that carry them out. */
export async function openRetention(
  db: Kysely<RetentionTables>,
  rooms: Rooms,
  record: Recorder,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<{ rules: Rules; expiry: Expiry; anonymisation: Anonymisation }> {
  const packsOf = (tenant: string) => {
    const names = [...knownTenant(rooms, tenant).packs, PLATFORM_PACK];
    return names.flatMap((name) => rooms.packs.get(name) ?? []);
  };
  const rules = new Rules(db, (tenant, stream) => retentionOf(packsOf(tenant), stream), clock);
  const { disk, signer, reader, sealer, store, indexer, originOf } = rooms;
  const pruning = new Pruning({ disk, signer, origin: originOf, dirOf: (log) => reader.dirOf(log) });
  const recordOf = (
    action: string,
    log: LogName,
    eventId: string,
    details: Record<string, string | number | boolean>,
  ) => {
    const { tenant, stream } = splitLog(log);
    return record(tenant, EXPIRY, { action, entity: { type: 'log', id: stream }, eventId, details });
  };
  const expiry = new Expiry(
    rules,
    rooms.minimums,
    {
      logs: () => sealer.sizes(),
      originOf,
      read: (log, from, to, size) => reader.read(log, from, to, size),
      held: async (tenant) => new Set((await rooms.holds.list(tenant)).map((hold) => hold.subject)),
      record: (log, eventId, details) => recordOf('records_expired', log, eventId, details),
      publish: (log, index) => pruning.publish(log, index),
      removeFiles: (log, since, index) => pruning.remove(log, since, index),
      async removeRows(log, index) {
        await settledRows(indexer);
        await store.expire(log, index);
      },
    },
    clock,
    onError,
  );
  const anonymisation = await Anonymisation.load(
    db,
    {
      logs: () => sealer.sizes(),
      minimum: (log) => rooms.minimums.of(log).index,
      after: (tenant, stream) => anonymiseAfter(packsOf(tenant), stream),
      read: (log, from, to, size) => reader.read(log, from, to, size),
      record: (log, eventId, details) =>
        recordOf('addresses_anonymised', log, eventId, { origin: originOf(log), ...details }),
      async clean(log, from, below) {
        await settledRows(indexer);
        await store.anonymise(log, from, below);
      },
    },
    clock,
    onError,
  );
  return { rules, expiry, anonymisation };
}
