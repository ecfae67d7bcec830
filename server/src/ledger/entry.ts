import { canonicalize, leafHash, rootOfLeafHashes, toHex } from '@prooflog/proof';
import { formatUuid } from '../base/uuid.js';
import { type Journaled, splitLog } from '../event/stages.js';

/** What becomes a leaf: its bytes, the records inside, and for a block the file that holds them. */
export interface Entry {
  readonly bytes: Uint8Array;
  readonly records: readonly Uint8Array[];
  readonly block: Uint8Array | null;
}

/** Splits the content of a block (length, bytes, length, bytes, …) without copying. */
export function splitBlock(block: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  for (let at = 0; at < block.length; ) {
    const length = view.getUint32(at);
    records.push(block.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return records;
}

const EVENT_ID = /"event_id":"([0-9a-f-]{36})"/;

/** The event id of a record's canonical bytes, without parsing all of it. */
export const eventIdOf = (record: Uint8Array): string =>
  EVENT_ID.exec(Buffer.from(record).toString('utf8'))?.[1] ?? '';

/** The leaf entry of a journal entry, a pure function of the two: docs/formats/ledger.md. */
export function toEntry(journaled: Journaled, prevHash: string): Entry {
  return journaled.kind === 'record' ? recordEntry(journaled, prevHash) : blockEntry(journaled, prevHash);
}

function recordEntry(journaled: Journaled, prevHash: string): Entry {
  const bytes = Buffer.from(journaled.payload);
  bytes.write(prevHash, journaled.patch, 'latin1');
  return { bytes, records: [bytes], block: null };
}

function blockEntry(journaled: Journaled, prevHash: string): Entry {
  const block = Buffer.from(journaled.payload);
  const records = splitBlock(block);
  const { tenant, stream } = splitLog(journaled.log);
  const descriptor = canonicalize({
    block: {
      bytes: block.length,
      count: records.length,
      first: formatUuid(journaled.eventId),
      last: eventIdOf(records.at(-1) ?? new Uint8Array()),
      root: toHex(rootOfLeafHashes(records.map((record) => leafHash(record)))),
    },
    integrity: { prev_hash: prevHash },
    stream,
    tenant,
  });
  return { bytes: Buffer.from(descriptor), records, block };
}
