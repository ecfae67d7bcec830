import { join } from 'node:path';
import { openDatabase } from '../../src/base/database.js';
import { type Disk, realDisk } from '../../src/base/disk.js';
import { Keyring } from '../../src/base/keyring.js';
import { formatUuid } from '../../src/base/uuid.js';
import { mintJournaled } from '../../src/event/mint/journaled.js';
import type { Journaled } from '../../src/event/stages.js';
import { Heads } from '../../src/ledger/heads.js';
import { Ledger } from '../../src/ledger/ledger.js';
import type { Signer } from '../../src/ledger/signer.js';
import { type LedgerTables, ledgerMigrations } from '../../src/ledger/tables.js';
import { keyringSigner } from './signer.js';

const id = (n: number): Buffer => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(n, 12);
  return bytes;
};

/** Entry n of the journal: every tenth a block of three log records, else one record. */
function entry(n: number): Journaled {
  const common = { eventId: id(n), position: n, next: n + 1 };
  if (n % 10 !== 0) {
    const head = `{"event_id":"${formatUuid(id(n))}","integrity":{"prev_hash":"`;
    const payload = Buffer.from(`${head}${'0'.repeat(64)}"},"text":"record ${n}"}`);
    return mintJournaled({ ...common, kind: 'record', log: 't1/audit', patch: head.length, payload });
  }
  const parts = [0, 1, 2].flatMap((i) => {
    const bytes = Buffer.from(`{"event_id":"${formatUuid(id(n * 1_000 + i))}","message":"line ${i}"}`);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return mintJournaled({ ...common, kind: 'block', log: 't1/logs', patch: 3, payload: Buffer.concat(parts) });
}

export const entries = (from: number, to: number): Journaled[] =>
  Array.from({ length: to - from }, (_, i) => entry(from + i));

/** Opens the ledger in a folder as the program does at its start, and closes it after the work. */
export async function withLedger<T>(
  dir: string,
  disk: Disk,
  work: (ledger: Ledger, heads: Heads, signer: Signer) => Promise<T>,
): Promise<T> {
  const control = await openDatabase<LedgerTables>(join(dir, 'control.db'), ledgerMigrations);
  try {
    const heads = await Heads.load(control.db);
    const signer = keyringSigner(await Keyring.open(realDisk, join(dir, 'keys')));
    const origin = (log: string): string => `test.example/${log}`;
    const ledger = new Ledger({ dir: join(dir, 'ledger'), disk, heads, signer, origin });
    await ledger.repair();
    return await work(ledger, heads, signer);
  } finally {
    await control.close();
  }
}
