import type { Manifest } from '../../export/manifest.js';

/** docs/formats/export.md, "States". */
export type RecordState = 'verified' | 'expired' | 'erased' | 'tampered' | 'unknown';

export type ExportFindingCode =
  | 'manifest_invalid'
  | 'file_altered'
  | 'file_missing'
  | 'file_added'
  | 'checkpoint_invalid'
  | 'proof_invalid'
  | 'record_altered'
  | 'record_missing'
  | 'not_a_continuation';

/** One thing that does not hold, located as well as it can be. */
export interface ExportFinding {
  readonly code: ExportFindingCode;
  /** File of the export. */
  readonly path: string;
  /** Line of the file, from 1. */
  readonly line?: number;
  /** Leaf index in the log. */
  readonly leaf?: number;
  readonly eventId?: string;
  readonly message: string;
}

export interface RecordResult {
  readonly stream: string;
  /** Line in `records/<stream>.ndjson`, from 1; 0 when the export does not hold its bytes. */
  readonly line: number;
  readonly event_id: string;
  /** Place in the log; absent when nothing proves one. */
  readonly leaf?: number;
  readonly slot?: number;
  readonly state: RecordState;
}

export type Counts = Record<RecordState, number>;
export const noCounts = (): Counts => ({ verified: 0, expired: 0, erased: 0, tampered: 0, unknown: 0 });

export interface ExportedLogReport {
  readonly stream: string;
  readonly origin: string;
  /** Leaves under the checkpoint, and its root in hex; 0 and '' when it does not hold. */
  readonly size: number;
  readonly root: string;
  readonly counts: Counts;
  /** Every record of the log up to the checkpoint is in the export and verified. */
  readonly whole: boolean;
}

export interface ExportReport {
  readonly state: 'verified' | 'tampered' | 'unknown';
  /** `trusted`: keys of the caller's; `own`: the keys inside the export. */
  readonly key: 'trusted' | 'own';
  /** Null when it cannot be read. */
  readonly manifest: Manifest | null;
  readonly counts: Counts;
  readonly logs: readonly ExportedLogReport[];
  readonly findings: readonly ExportFinding[];
  /** Why something could not be told either way. */
  readonly open: readonly string[];
  readonly records: readonly RecordResult[];
}
