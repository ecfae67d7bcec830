import type { Kysely } from 'kysely';
import { PLATFORM_PACK } from '../api/access-log.js';
import type { Clock } from '../base/clock.js';
import type { Disk } from '../base/disk.js';
import { Failure } from '../base/errors.js';
import { splitLog } from '../event/stages.js';
import { Pruning } from '../ledger/pruning.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { Signer } from '../ledger/signer.js';
import { retentionOf } from '../pack/retention.js';
import { Expiry } from '../retention/expiry.js';
import type { Minimums } from '../retention/minimums.js';
import { Rules } from '../retention/rules.js';
import type { RetentionTables } from '../retention/tables.js';
import type { OpenEngine } from './engine.js';
import { knownTenant, type Recorder } from './records.js';

/** In whose name records expire. */
const EXPIRY = { credential: 'retention', role: 'system' };
const INDEXED_WITHIN_MS = 30_000;

interface Rooms
  extends Pick<OpenEngine, 'sealer' | 'store' | 'indexer' | 'holds' | 'tenants' | 'packs' | 'originOf'> {
  readonly disk: Disk;
  readonly reader: LedgerReader;
  readonly signer: Signer;
  readonly minimums: Minimums;
}

/** The rules of retention, and the job that carries them out. */
export function openRetention(
  db: Kysely<RetentionTables>,
  rooms: Rooms,
  record: Recorder,
  clock: Clock,
  onError: (error: unknown) => void,
): { rules: Rules; expiry: Expiry } {
  const declared = (tenant: string, stream: string) => {
    const names = [...knownTenant(rooms, tenant).packs, PLATFORM_PACK];
    const packs = names.flatMap((name) => rooms.packs.get(name) ?? []);
    return retentionOf(packs, stream);
  };
  const rules = new Rules(db, declared, clock);
  const { disk, signer, reader, sealer, store, indexer, originOf } = rooms;
  const pruning = new Pruning({ disk, signer, origin: originOf, dirOf: (log) => reader.dirOf(log) });
  const expiry = new Expiry(
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
      publish: (log, index) => pruning.publish(log, index),
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
  return { rules, expiry };
}
