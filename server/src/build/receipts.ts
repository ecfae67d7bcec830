import type { Engine } from '../api/engine.js';
import type { Clock } from '../base/clock.js';
import type { Disk } from '../base/disk.js';
import { Failure } from '../base/errors.js';
import type { LogName } from '../event/stages.js';
import { proveRecord } from '../ledger/proofs.js';
import type { LedgerReader } from '../ledger/reader.js';
import { compileById, type RecordRow } from '../query/compile.js';
import type { OpenEngine } from './engine.js';
import { ALL_TIME, streamsOf } from './streams.js';

interface Rooms extends Pick<OpenEngine, 'store' | 'packs' | 'incidents'> {
  readonly disk: Disk;
  readonly reader: LedgerReader;
}

/** Proofs of records by their event ids: the store says where one lies, the ledger what it is. */
export const receipts =
  ({ store, packs, disk, reader, incidents }: Rooms, clock: Clock): Engine['proofOf'] =>
  async (tenant, eventId, under = 'checkpoint') => {
    const streams = streamsOf(packs, tenant.packs);
    const scope = { tenant: tenant.id, streams, ...ALL_TIME, now: clock() };
    const [row] = await store.query<RecordRow>(compileById(eventId, scope));
    if (row === undefined) return null;
    const leaf = Number(row.leaf);
    const log: LogName = `${tenant.id}/${row.stream}`;
    if (incidents.withholding(log, { leaf, slot: row.slot }) !== undefined)
      throw new Failure(
        'quarantined',
        'The record is withheld because of a privacy incident, and its proof would carry it. Its hash stands in the tile of its leaf.',
      );
    const proof = await proveRecord(disk, reader, log, leaf, row.slot, under);
    return { event_id: eventId, stream: row.stream, index: leaf, proof };
  };
