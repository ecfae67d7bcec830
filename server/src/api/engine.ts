import type { TenantInfo } from '../access/tenants.js';
import type { Archiver } from '../archive/archiver.js';
import type { LogName } from '../event/stages.js';
import type { Exporter } from '../export/exporter.js';
import type { Guard } from '../guard/index.js';
import type { Rehearsal } from '../guard/rehearsal.js';
import type { Scrubber } from '../integrity/scrubber.js';
import type { Journal } from '../journal/journal.js';
import type { CheckpointFile } from '../ledger/checkpoints.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Rotation } from '../ledger/rotation.js';
import type { Sealer } from '../ledger/sealer.js';
import type { Pipeline } from '../pipeline.js';
import type { Anonymisation } from '../retention/anonymisation.js';
import type { Expiry } from '../retention/expiry.js';
import type { Minimums } from '../retention/minimums.js';
import type { Rules } from '../retention/rules.js';
import type { Incidents } from '../review/incidents.js';
import type { Review } from '../review/review.js';
import type { Consents } from '../rights/consents.js';
import type { Erasures } from '../rights/erasure.js';
import type { Holds } from '../rights/holds.js';
import type { Indexer } from '../store/indexer.js';
import type { Store } from '../store/process/store.js';
import type { Vault } from '../vault/vault.js';
import type { Cosigning } from '../witness/cosigning.js';
import type { Witness } from '../witness/witness.js';
import type { TrustedLog } from './contract.js';

/** Receipt of a sealed record. */
export interface Receipt {
  readonly event_id: string;
  readonly stream: string;
  readonly index: number;
  /** c2sp.org/tlog-proof@v1 */
  readonly proof: string;
}

/** The running machine as the routes see it. */
export interface Engine {
  readonly guard: Guard;
  readonly rehearsal: Rehearsal;
  readonly vault: Vault;
  readonly pipeline: Pipeline;
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly sealer: Sealer;
  readonly store: Store;
  readonly indexer: Indexer;
  readonly rotation: Rotation;
  readonly erasures: Erasures;
  readonly holds: Holds;
  readonly consents: Consents;
  readonly rules: Rules;
  readonly expiry: Expiry;
  readonly anonymisation: Anonymisation;
  readonly incidents: Incidents;
  readonly review: Review;
  readonly minimums: Minimums;
  /** Null where this server cosigns nobody's logs. */
  readonly witness: Witness | null;
  /** Null where nobody cosigns the logs here. */
  readonly cosigning: Cosigning | null;
  /** Null where the ledger is copied nowhere. */
  readonly archiver: Archiver | null;
  readonly exporter: Exporter;
  readonly scrubber: Scrubber;
  /** Key of the cursors' MAC. */
  readonly cursorKey: Buffer;
  addTenant(slug: string, packs: readonly string[], region: string): Promise<TenantInfo>;
  /** Resolves true when everything before the journal position is sealed and searchable; false when aborted. */
  indexedTo(position: number, signal: AbortSignal): Promise<boolean>;
  /**
   * Null when there is no such record in the tenant, or it is not searchable yet.
   * @throws Failure `not_sealed` or `not_cosigned` until the checkpoint covers it, `quarantined`.
   */
  proofOf(tenant: TenantInfo, eventId: string, under?: CheckpointFile): Promise<Receipt | null>;
  logsOf(tenant: TenantInfo): Promise<Omit<TrustedLog, 'path'>[]>;
  originOf(log: LogName): string;
}
