import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Tenants } from '../access/tenants.js';
import type { Clock } from '../base/clock.js';
import type { Disk } from '../base/disk.js';
import type { Settings } from '../base/settings.js';
import { type LogName, splitLog } from '../event/stages.js';
import { Heads } from '../ledger/heads.js';
import { Ledger } from '../ledger/ledger.js';
import { Manifest } from '../ledger/manifest.js';
import { Pruning } from '../ledger/pruning.js';
import { LedgerReader } from '../ledger/reader.js';
import { Signer } from '../ledger/signer.js';
import { type KeyStores, SigningKeys } from '../ledger/signing-keys.js';
import type { LedgerTables } from '../ledger/tables.js';
import { Minimums } from '../retention/minimums.js';
import type { RetentionTables } from '../retention/tables.js';
import { adoptMinimums } from './restored.js';
import { publishMinimum } from './retention.js';

interface Rooms {
  readonly db: Kysely<LedgerTables & RetentionTables>;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly stores: KeyStores;
  readonly tenants: Tenants;
}

/** The ledger with what signs, reads and prunes it; every head has its checkpoint. */
export async function openLedger(settings: Settings, { db, disk, clock, stores, tenants }: Rooms) {
  const dir = join(settings.data, 'ledger');
  const signingKeys = await SigningKeys.load(db as never, stores);
  const signer = new Signer((tenant) => signingKeys.inForce(tenant));
  const heads = await Heads.load(db as never);
  const minimums = await Minimums.load(db as never);
  const originOf = (log: LogName): string =>
    `${tenants.get(splitLog(log).tenant)?.host ?? settings.origin}/${log}`;
  const vkeys = (log: LogName): Promise<string[]> => signer.vkeys(splitLog(log).tenant, originOf(log));
  const reader = new LedgerReader(disk, dir);
  const pruning = new Pruning({ disk, signer, origin: originOf, dirOf: (log) => reader.dirOf(log) });
  const ledger = new Ledger({
    ...{ dir, disk, heads, signer, origin: originOf, clock },
    onKeysChanged: (log) => publishMinimum({ minimums, pruning }, log),
  });
  await ledger.repair();
  await adoptMinimums(minimums, { heads, reader, disk, originOf, vkeys });
  const manifest = new Manifest(db as never);
  return { dir, signingKeys, signer, heads, minimums, originOf, vkeys, reader, pruning, ledger, manifest };
}

export type LedgerRooms = Awaited<ReturnType<typeof openLedger>>;
