import { join } from 'node:path';
import {
  canonicalize,
  formatTlogProof,
  inclusionPath,
  inclusionPathOfLeafHashes,
  leafHash,
  parseCheckpoint,
  parseStrict,
  tileHashes,
  toBase64,
  utf8,
} from '@prooflog/proof';
import type { Disk } from '../base/disk.js';
import { Failure } from '../base/errors.js';
import type { LogName, Sealed } from '../event/stages.js';
import type { CheckpointFile } from './checkpoints.js';
import type { LedgerReader } from './reader.js';

const parsed = (bytes: Uint8Array): unknown => parseStrict(Buffer.from(bytes).toString('utf8'));

/** What the proof carries of the record itself: docs/formats/ledger.md, "Receipts". */
function extraOf(sealed: Sealed, slot: number): Uint8Array {
  const record = sealed.records[slot];
  if (record === undefined) throw new Failure('not_found', 'There is no such record in the block.');
  if (record === sealed.bytes) return utf8(canonicalize({ record: parsed(record) }));
  const path = inclusionPathOfLeafHashes(
    slot,
    sealed.records.map((bytes) => leafHash(bytes)),
  );
  const block = { index: slot, leaf: parsed(sealed.bytes), path: path.map(toBase64) };
  return utf8(canonicalize({ block, record: parsed(record) }));
}

const notCovered = (under: CheckpointFile): Failure =>
  under === 'checkpoint'
    ? new Failure('not_sealed', 'The record is not sealed yet.')
    : new Failure('not_cosigned', 'No checkpoint with enough cosignatures covers the record yet.');

/**
 * The proof of one record (c2sp.org/tlog-proof@v1) under a published checkpoint.
 * @throws Failure `not_sealed` or `not_cosigned` while that does not cover it.
 */
export async function proveRecord(
  disk: Disk,
  ledger: LedgerReader,
  log: LogName,
  leaf: number,
  slot: number,
  under: CheckpointFile = 'checkpoint',
): Promise<string> {
  const dir = ledger.dirOf(log);
  const note = await disk.readFile(join(dir, under));
  const checkpoint = note === null ? null : Buffer.from(note).toString('utf8');
  const size =
    checkpoint === null ? 0 : parseCheckpoint(checkpoint.slice(0, checkpoint.lastIndexOf('\n\n') + 1)).size;
  if (checkpoint === null || leaf >= size) throw notCovered(under);
  const { value: sealed } = await ledger.read(log, leaf, leaf + 1, size).next();
  if (sealed === undefined) throw new Failure('not_sealed', 'The record is not sealed yet.');
  const path = await inclusionPath(
    leaf,
    size,
    tileHashes(size, (file) => disk.readFile(join(dir, file))),
  );
  return formatTlogProof({ extra: extraOf(sealed, slot), index: leaf, path, checkpoint });
}
