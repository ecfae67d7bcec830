import type { ManifestLog } from '../../export/manifest.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import type { ErasedSubjects } from '../erasure.js';
import type { ExportFinding, RecordResult } from './report.js';

/** Where findings, results and open questions of all logs go. */
export interface Sink {
  readonly findings: ExportFinding[];
  readonly records: RecordResult[];
  readonly open: string[];
}

export interface Keys {
  readonly vkeys: readonly string[];
  /** Inside the export, where the caller gave others. */
  readonly beside: readonly string[];
}

export interface LogInput extends Keys {
  readonly stream: string;
  /** What the manifest says of the log; absent when there is no manifest to read. */
  readonly stated: ManifestLog | undefined;
  readonly kept: Checkpoint | undefined;
  /** Proven erasures, by tenant (the origin of its logs without the stream). Those of this log are added. */
  readonly erased: Map<string, ErasedSubjects>;
  /** A file of the export; empty when it is missing, which is reported elsewhere. */
  readonly read: (name: string) => Promise<Uint8Array>;
}

export type Signed = 'held' | 'failed' | 'unknown';
