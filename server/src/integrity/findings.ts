import type { Kysely } from 'kysely';
import { type Clock, toRfc3339 } from '../base/clock.js';
import { Failure, systemCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { formatUuid, newUuid } from '../base/uuid.js';
import { type LogName, type Sender, splitLog } from '../event/stages.js';
import { type RecordSink, writeAlarm } from './events.js';
import type { IntegrityTables } from './tables.js';

/** Something that does not hold, as a check reports it. */
export interface Found {
  readonly code: string;
  readonly path: string;
  readonly index?: number;
  readonly eventId?: string;
}

type Row = IntegrityTables['integrity_findings'];
export type OpenFinding = Readonly<Omit<Row, 'log'>> & { readonly log: LogName };

export interface FindingsOptions {
  readonly db: Kysely<IntegrityTables>;
  readonly sink: RecordSink;
  /** Undefined for a folder that belongs to no tenant: there is no stream its finding could go to. */
  readonly tenant: (id: string) => Sender['tenant'] | undefined;
  readonly log: Logger;
  readonly clock: Clock;
}

/** A log that is gone as a whole has a file missing for every 256 entries; this many say enough. */
const MAX_OPEN = 1_000;
const RETRY_MS = 1_000;

/**
 * One finding per file, raised once and closed once. The row comes before the record: after a crash the record is
 * sent again under the same event id, and the journal knows that as a duplicate.
 */
export class Findings {
  readonly #o: FindingsOptions;
  readonly #open = new Map<LogName, Map<string, OpenFinding>>();
  readonly #undelivered = new Map<
    string,
    { row: OpenFinding; action: 'tamper_detected' | 'tamper_cleared' }
  >();
  /** When each open finding was last met, counted in meetings. */
  readonly #met = new Map<string, number>();
  #meetings = 0;
  #retryAt = 0;
  /** Findings since the start of the program. */
  total = 0;

  private constructor(options: FindingsOptions) {
    this.#o = options;
  }

  static async load(options: FindingsOptions): Promise<Findings> {
    const findings = new Findings(options);
    const rows = await options.db
      .selectFrom('integrity_findings')
      .selectAll()
      .where((e) => e.or([e('closed_at', 'is', null), e('raised', '=', 0), e('close_raised', '=', 0)]))
      .execute();
    for (const raw of rows) {
      const row = { ...raw, log: raw.log as LogName };
      if (row.closed_at === null) findings.#of(row.log).set(row.path, row);
      if (row.raised === 0) findings.#undelivered.set(row.id, { row, action: 'tamper_detected' });
      if (row.close_id !== null && row.close_raised === 0)
        findings.#undelivered.set(row.close_id, { row, action: 'tamper_cleared' });
    }
    return findings;
  }

  #of(log: LogName): Map<string, OpenFinding> {
    const known = this.#open.get(log) ?? new Map<string, OpenFinding>();
    this.#open.set(log, known);
    return known;
  }

  open(log: LogName): OpenFinding[] {
    return [...(this.#open.get(log)?.values() ?? [])];
  }

  /** Logs, and folders taken for one, that have open findings. */
  logs(): LogName[] {
    return [...this.#open].filter(([, paths]) => paths.size > 0).map(([log]) => log);
  }

  get openCount(): number {
    return [...this.#open.values()].reduce((sum, paths) => sum + paths.size, 0);
  }

  /** A point in time for {@link unmet}. */
  mark(): number {
    return this.#meetings;
  }

  /** Open findings of a log that nobody met since: neither raised nor raised again. */
  unmet(log: LogName, since: number): OpenFinding[] {
    return this.open(log).filter((finding) => (this.#met.get(finding.id) ?? 0) <= since);
  }

  /** When the file has an open finding already, it is met again and nothing else. */
  async raise(log: LogName, found: Found): Promise<void> {
    this.#meetings += 1;
    const open = this.#of(log);
    const known = open.get(found.path);
    if (known !== undefined) this.#met.set(known.id, this.#meetings);
    if (known !== undefined || open.size >= MAX_OPEN) return;
    const now = this.#o.clock();
    const row: OpenFinding = {
      id: formatUuid(newUuid(now)),
      log,
      path: found.path,
      code: found.code,
      leaf: found.index ?? null,
      event_id: found.eventId ?? null,
      found_at: toRfc3339(now),
      raised: 0,
      close_id: null,
      closed_at: null,
      close_raised: 0,
    };
    await this.#o.db.insertInto('integrity_findings').values(row).execute();
    open.set(row.path, row);
    this.#met.set(row.id, this.#meetings);
    this.#undelivered.set(row.id, { row, action: 'tamper_detected' });
    this.total += 1;
    // The name of a foreign file is an intruder's text: it is in the finding, not in a log line.
    this.#o.log.error(
      { code: row.code, log, index: row.leaf, finding: row.id },
      'the ledger was tampered with',
    );
    await this.deliver();
  }

  /** The file is as it was sealed again, or gone as it should be. */
  async close(finding: OpenFinding): Promise<void> {
    const now = this.#o.clock();
    const row = { ...finding, close_id: formatUuid(newUuid(now)), closed_at: toRfc3339(now) };
    await this.#o.db
      .updateTable('integrity_findings')
      .set({ close_id: row.close_id, closed_at: row.closed_at })
      .where('id', '=', row.id)
      .execute();
    this.#of(row.log).delete(row.path);
    this.#met.delete(row.id);
    this.#undelivered.set(row.close_id, { row, action: 'tamper_cleared' });
    this.#o.log.warn({ code: row.code, log: row.log, finding: row.id }, 'a finding in the ledger is closed');
    await this.deliver();
  }

  /** Sends what is not in the journal yet. What fails is tried again later; checking goes on meanwhile. */
  async deliver(): Promise<void> {
    if (this.#undelivered.size === 0 || this.#o.clock() < this.#retryAt) return;
    try {
      for (const [id, { row, action }] of this.#undelivered) await this.#deliver(id, row, action);
    } catch (error) {
      this.#retryAt = this.#o.clock() + RETRY_MS;
      const code = error instanceof Failure ? error.code : systemCode(error);
      this.#o.log.error({ code }, 'a finding could not be recorded and will be again');
    }
  }

  async #deliver(id: string, row: OpenFinding, action: 'tamper_detected' | 'tamper_cleared'): Promise<void> {
    const tenant = this.#o.tenant(splitLog(row.log).tenant);
    const { log, code, path, leaf: index, event_id: eventId } = row;
    const at = action === 'tamper_cleared' ? (row.closed_at ?? row.found_at) : row.found_at;
    if (tenant !== undefined)
      await writeAlarm(this.#o.sink, tenant, { id, action, log, code, path, index, eventId, at });
    const done = action === 'tamper_cleared' ? { close_raised: 1 } : { raised: 1 };
    await this.#o.db.updateTable('integrity_findings').set(done).where('id', '=', row.id).execute();
    this.#undelivered.delete(id);
  }
}
