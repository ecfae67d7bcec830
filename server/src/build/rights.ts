import { join } from 'node:path';
import { NoteError, parseCheckpoint, parseNote, verifyNote, verifyRecordProof } from '@prooflog/proof';
import type { TenantInfo } from '../access/tenants.js';
import { AccessLog } from '../api/access-log.js';
import { systemClock } from '../base/clock.js';
import type { Disk } from '../base/disk.js';
import { Failure } from '../base/errors.js';
import type { Settings } from '../base/settings.js';
import type { LogName } from '../event/stages.js';
import type { Heads } from '../ledger/heads.js';
import type { Ledger } from '../ledger/ledger.js';
import { proveRecord } from '../ledger/proofs.js';
import type { LedgerReader } from '../ledger/reader.js';
import { compileHolding } from '../query/compile.js';
import type { Surroundings } from '../rights/erasure.js';
import type { UnknownRecord } from '../rights/repeat.js';
import type { OpenEngine } from './engine.js';
import { ALL_TIME, streamsOf } from './streams.js';

const SEALED_WITHIN_MS = 30_000;

/** What an erasure needs of the other rooms. */
export function surroundings(
  settings: Settings,
  rooms: Pick<OpenEngine, 'pipeline' | 'sealer' | 'store' | 'tenants' | 'packs'>,
): Surroundings {
  const known = (id: string): TenantInfo => {
    const tenant = rooms.tenants.get(id);
    if (tenant === undefined) throw new Failure('not_found', 'There is no such tenant.');
    return tenant;
  };
  const accessLog = new AccessLog(rooms.pipeline, systemClock);
  const own = ['journal', 'ledger', 'store', 'keys', 'control.db', 'control.db-wal', 'control.db-shm'];
  const others = settings.erasure_scan.split(',').filter((path) => path.trim() !== '');
  return {
    async record(tenant, by, record) {
      const position = await accessLog.record(known(tenant), by, {
        ...record,
        entity: { type: 'subject', id: record.subject },
      });
      if (!(await rooms.sealer.sealedTo(position, AbortSignal.timeout(SEALED_WITHIN_MS))))
        throw new Failure(
          'not_sealed',
          'The record of the erasure is on disk but not sealed yet; ask again.',
        );
    },
    async rowsHolding(id, text) {
      const tenant = known(id);
      const scope = { tenant: id, streams: streamsOf(rooms.packs, tenant.packs), ...ALL_TIME };
      const [row] = await rooms.store.query<{ n: string | number }>(
        compileHolding(text, { ...scope, now: systemClock() }),
      );
      return Number(row?.n ?? 0);
    },
    places: [
      ...own.map((name) => ({ name, path: join(settings.data, name) })),
      ...others.map((path, i) => ({ name: `erasure_scan ${i + 1}`, path: path.trim() })),
    ],
  };
}

/** Where {@link recordsBeyond} looks. */
export interface Sealing {
  readonly disk: Disk;
  readonly heads: Heads;
  readonly ledger: Ledger;
  readonly reader: LedgerReader;
  vkey(log: LogName): Promise<string>;
}

/**
 * What the streams `admin` hold beyond the heads. There is something only where the control database is older than
 * the ledger, as after it was restored: a checkpoint is written after its head.
 */
export async function* recordsBeyond(
  tenants: Iterable<TenantInfo>,
  { disk, heads, ledger, reader, vkey }: Sealing,
): AsyncGenerator<UnknownRecord> {
  for (const { id: tenant } of tenants) {
    const log: LogName = `${tenant}/admin`;
    const known = heads.get(log)?.size ?? 0;
    const note = await ledger.checkpoints.read(log);
    const size = sizeIn(note);
    // The key may lie with a service of its own: it is asked for only where there is something to decide.
    if (note === null || size <= known || !holds(note, await vkey(log))) continue;
    for await (const { leaf, bytes } of reader.read(log, known, size, size))
      yield {
        tenant,
        bytes,
        proven: async () => {
          const proofText = await proveRecord(disk, reader, log, leaf, 0);
          return verifyRecordProof({ proofText, vkeys: [await vkey(log)] }).state === 'verified';
        },
      };
  }
}

/** The size that a checkpoint states; 0 where there is none that can be read: then it proves nothing either. */
const sizeIn = (note: string | null): number =>
  note === null ? 0 : (unlessMalformed(() => parseCheckpoint(parseNote(note).text).size) ?? 0);

const holds = (note: string, vkey: string): boolean =>
  unlessMalformed(() => verifyNote(note, [vkey])) !== null;

function unlessMalformed<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof NoteError) return null;
    throw error;
  }
}
