import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
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
    this.#gauge('prooflog_store_lag_entries', 'Sealed entries not yet searchable', () => engine.indexer.lag);
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

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
