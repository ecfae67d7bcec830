import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Archiver } from '../archive/archiver.js';
import type { Cosigning } from '../witness/cosigning.js';
import type { Engine } from './engine.js';

/** Own state for Prometheus. Labels hold no tenant, no id and nothing a sender wrote. */
export class Metrics {
  readonly #registry = new Registry();

  constructor(engine: Engine) {
    collectDefaultMetrics({ register: this.#registry });
    this.#gauge(
      'prooflog_journal_pending_bytes',
      'Bytes accepted and not yet on disk',
      () => engine.journal.pendingBytes,
    );
    this.#gauge(
      'prooflog_journal_position_bytes',
      'Position up to which the journal is on disk',
      () => engine.journal.durable,
    );
    this.#gauge(
      'prooflog_ledger_lag_bytes',
      'Journal bytes not yet sealed',
      () => engine.journal.durable - engine.sealer.position,
    );
    this.#gauge(
      'prooflog_ledger_stopped_logs',
      'Logs that are not sealed because their files were altered; GET /v1/integrity names them',
      () => engine.sealer.stopped.size,
    );
    this.#gauge(
      'prooflog_integrity_findings_open',
      'Files of the ledger that are not what was sealed',
      () => engine.scrubber.openFindings,
    );
    this.#counter(
      'prooflog_integrity_findings_total',
      'Findings in the ledger since the start',
      () => engine.scrubber.totalFindings,
    );
    this.#counter(
      'prooflog_integrity_read_bytes_total',
      'Bytes of the ledger read again to check it, small files counted as 16 KiB',
      () => engine.scrubber.readBytes,
    );
    this.#gauge(
      'prooflog_privacy_incidents_open',
      'Stored records with personal data in them that nobody has judged yet; GET /v1/privacy-incidents names them',
      () => engine.incidents.openCount,
    );
    this.#gauge('prooflog_store_lag_entries', 'Sealed entries not yet searchable', () => engine.indexer.lag);
    if (engine.archiver !== null) this.#archive(engine.archiver);
    if (engine.cosigning !== null) this.#witnesses(engine.cosigning);
  }

  #archive(archiver: Archiver): void {
    this.#gauge('prooflog_archive_lag_records', 'Sealed entries not yet archived', () => archiver.lag);
    this.#gauge(
      'prooflog_archive_stopped_logs',
      'Logs that are not archived any further since a file is not what was sealed',
      () => archiver.stoppedLogs,
    );
    this.#counter(
      'prooflog_archive_failures_total',
      'Failed tries to archive since the start',
      () => archiver.failures,
    );
  }

  /** Labelled with the names of the operator's own policy file. A quiet log's last cosignature may be old: see both. */
  #witnesses(cosigning: Cosigning): void {
    const labelNames = ['witness'] as const;
    new Gauge({
      name: 'prooflog_witness_cosignature_age_seconds',
      help: 'Time since the last cosignature of a witness; absent before its first since the start',
      labelNames,
      registers: [this.#registry],
      collect() {
        for (const { name, age } of cosigning.health()) if (age !== null) this.set({ witness: name }, age);
      },
    });
    new Gauge({
      name: 'prooflog_witness_waiting_logs',
      help: 'Logs whose latest checkpoint a witness has not cosigned',
      labelNames,
      registers: [this.#registry],
      collect() {
        for (const { name, waiting } of cosigning.health()) this.set({ witness: name }, waiting);
      },
    });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** For counts that are kept elsewhere. */
  #counter(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
