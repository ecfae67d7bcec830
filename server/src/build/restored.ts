import { join } from 'node:path';
import {
  NoteError,
  parseMinimumIndex,
  parseNote,
  trustOf,
  verifyNote,
  verifyRecordProof,
} from '@prooflog/proof';
import type { TenantInfo } from '../access/tenants.js';
import type { Disk } from '../base/disk.js';
import type { LogName } from '../event/stages.js';
import { sizeIn } from '../ledger/checkpoints.js';
import type { Heads } from '../ledger/heads.js';
import type { Ledger } from '../ledger/ledger.js';
import { proveRecord } from '../ledger/proofs.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { Minimums } from '../retention/minimums.js';
import type { UnknownRecord } from '../rights/repeat.js';
import { adminLog } from './records.js';

/** Where {@link recordsBeyond} looks. */
export interface Sealing {
  readonly disk: Disk;
  readonly heads: Heads;
  readonly ledger: Ledger;
  readonly reader: LedgerReader;
  vkeys(log: LogName): Promise<string[]>;
}

interface Origins {
  originOf(log: LogName): string;
}

/**
 * What the streams `admin` hold beyond the heads. There is something only where the control database is older than
 * the ledger, as after it was restored: a checkpoint is written after its head.
 */
export async function* recordsBeyond(
  tenants: Iterable<TenantInfo>,
  { disk, heads, ledger, reader, vkeys }: Sealing,
): AsyncGenerator<UnknownRecord> {
  for (const { id: tenant } of tenants) {
    const log = adminLog(tenant);
    const known = heads.get(log)?.size ?? 0;
    const note = await ledger.checkpoints.read(log);
    const size = sizeIn(note);
    // The key may lie with a service of its own: it is asked for only where there is something to decide.
    if (note === null || size <= known || !holds(note, await vkeys(log))) continue;
    for await (const { leaf, bytes } of reader.read(log, known, size, size))
      yield {
        tenant,
        bytes,
        proven: async () => {
          const proofText = await proveRecord(disk, reader, log, leaf, 0);
          return verifyRecordProof({ proofText, vkeys: await vkeys(log) }).state === 'verified';
        },
      };
  }
}

/**
 * A `minimum-index` that lies beyond what the control database knows: that was restored, and the bytes below are
 * gone. The expiry counts as published again, and its next round carries it out to the end.
 */
export async function adoptMinimums(
  minimums: Minimums,
  { heads, reader, disk, originOf, vkeys }: Pick<Sealing, 'heads' | 'reader' | 'disk' | 'vkeys'> & Origins,
): Promise<void> {
  for (const { log } of heads.all()) {
    const note = await disk.readFile(join(reader.dirOf(log), 'minimum-index'));
    if (note === null) continue;
    const { index: since } = minimums.of(log);
    const origin = originOf(log);
    const minimum_index = indexIn(note, origin, await vkeys(log));
    if (minimum_index > since)
      await minimums.save({ log, since, minimum_index, step: 'published', record_id: '' });
  }
}

/** What the note says; 0 unless it is the log's own and a key in force signed it. */
function indexIn(note: Uint8Array, origin: string, vkeys: readonly string[]): number {
  try {
    if (trustOf(note, origin, vkeys).trust !== 'held') return 0;
    const minimum = parseMinimumIndex(parseNote(note).text);
    return minimum.origin === origin ? minimum.index : 0;
  } catch (error) {
    if (error instanceof NoteError) return 0;
    throw error;
  }
}

function holds(note: string, vkeys: readonly string[]): boolean {
  try {
    verifyNote(note, vkeys);
    return true;
  } catch (error) {
    if (error instanceof NoteError) return false;
    throw error;
  }
}
