import type { Kysely } from 'kysely';
import { PLATFORM_PACK } from '../api/access-log.js';
import type { Clock } from '../base/clock.js';
import { Failure } from '../base/errors.js';
import { type LogName, splitLog } from '../event/stages.js';
import type { Pruning } from '../ledger/pruning.js';
import type { LedgerReader } from '../ledger/reader.js';
import { retentionOf } from '../pack/retention.js';
import { Expiry } from '../retention/expiry.js';
import type { Minimums } from '../retention/minimums.js';
import { Rules } from '../retention/rules.js';
import type { RetentionTables } from '../retention/tables.js';
import type { OpenEngine } from './engine.js';
import { knownTenant, type Recorder } from './records.js';

/** In whose name records expire. */
export const EXPIRY = { credential: 'retention', role: 'system' };
const INDEXED_WITHIN_MS = 30_000;

interface Rooms extends Pick<OpenEngine, 'ledger' | 'sealer' | 'store' | 'indexer' | 'holds' | 'originOf'> {
  readonly reader: LedgerReader;
  readonly pruning: Pruning;
  readonly minimums: Minimums;
}

/** How long each tenant's streams are kept. */
export function openRules(
  db: Kysely<RetentionTables>,
  rooms: Pick<OpenEngine, 'tenants' | 'packs'>,
  clock: Clock,
): Rules {
  const declared = (tenant: string, stream: string) => {
    const names = [...knownTenant(rooms, tenant).packs, PLATFORM_PACK];
    const packs = names.flatMap((name) => rooms.packs.get(name) ?? []);
    return retentionOf(packs, stream);
  };
  return new Rules(db, declared, clock);
}

/** Writes what the log's minimum index is, where there is one. */
export async function publishMinimum(
  { minimums, pruning }: Pick<Rooms, 'minimums' | 'pruning'>,
  log: LogName,
): Promise<void> {
  const { index } = minimums.of(log);
  if (index > 0) await pruning.publish(log, index);
}

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
      record: (log, eventId, details) => {
        const { tenant, stream } = splitLog(log);
        const entity = { type: 'log', id: stream };
        return record(tenant, EXPIRY, { action: 'records_expired', entity, eventId, details });
      },
      // A change of keys has the same note signed anew, and neither may put an older one over the other's.
      publish: (log) => rooms.ledger.checkpoints.alone(log, () => publishMinimum(rooms, log)),
      removeFiles: (log, since, index) => pruning.remove(log, since, index),
      async removeRows(log, index) {
        // A block of rows on its way into the store would come after the deletion.
        if (!(await indexer.caughtUp(AbortSignal.timeout(INDEXED_WITHIN_MS))))
          throw new Failure(
            'search_unavailable',
            'The search store is behind; its rows go in the next round.',
          );
        await store.expire(log, index);
      },
    },
    clock,
    onError,
  );
}
