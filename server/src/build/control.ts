import { join } from 'node:path';
import { type AccessTables, accessMigrations } from '../access/tables.js';
import { type ArchiveTables, archiveMigrations } from '../archive/tables.js';
import { openDatabase } from '../base/database.js';
import { type IntegrityTables, integrityMigrations } from '../integrity/tables.js';
import { type LedgerTables, ledgerMigrations } from '../ledger/tables.js';
import { type RetentionTables, retentionMigrations } from '../retention/tables.js';
import { type ReviewTables, reviewMigrations } from '../review/tables.js';
import { type RightsTables, rightsMigrations } from '../rights/tables.js';
import { type StoreTables, storeMigrations } from '../store/indexer.js';
import { type VaultTables, vaultMigrations } from '../vault/tables.js';
import { type WitnessTables, witnessMigrations } from '../witness/tables.js';

type Tables = AccessTables &
  ArchiveTables &
  IntegrityTables &
  LedgerTables &
  RetentionTables &
  ReviewTables &
  RightsTables &
  StoreTables &
  VaultTables &
  WitnessTables;

/** The control database, with the tables of all rooms; each is handed it as if its own were all. */
export const openControl = (data: string) =>
  openDatabase<Tables>(join(data, 'control.db'), {
    ...accessMigrations,
    ...vaultMigrations,
    ...ledgerMigrations,
    ...storeMigrations,
    ...retentionMigrations,
    ...reviewMigrations,
    ...rightsMigrations,
    ...witnessMigrations,
    ...integrityMigrations,
    ...archiveMigrations,
  });
