import type { Kysely } from 'kysely';
import type { Clock } from '../base/clock.js';
import { Rounds } from '../base/rounds.js';
import { formatUuid, newUuid } from '../base/uuid.js';
import { type LogName, type Sealed, splitLog } from '../event/stages.js';
import { formatPeriod, type Period } from '../pack/retention.js';
import { boundary } from './boundary.js';
import type { RetentionTables } from './tables.js';

type Row = RetentionTables['anonymisations'] & { readonly log: LogName };

/** What it needs of the rest of the machine. Each can be repeated after a crash. */
export interface Surroundings {
  /** All logs with their sealed sizes. */
  logs(): ReadonlyMap<LogName, number>;
  /** Below it the bytes of a log are gone. */
  minimum(log: LogName): number;
  /** Null when the addresses in the stream stay. */
  after(tenant: string, stream: string): Period | null;
  /** Entries from `from` up to `to`, in order. */
  read(log: LogName, from: number, to: number, size: number): AsyncIterable<Sealed>;
  /** Resolves when the record is under a signed checkpoint; the same id twice is one record. */
  record(log: LogName, eventId: string, details: Record<string, string | number>): Promise<void>;
  /** Takes the addresses out of the rows of leaves from `from` up to `below`. */
  clean(log: LogName, from: number, below: number): Promise<void>;
}

/** Entries of one step: each has a record of its own, and rows are changed once for it. */
const AT_ONCE = 16_384;
const NOBODY: ReadonlySet<string> = new Set();

/**
 * Takes network addresses out of the search store when their time is over (requirement C-9). Nothing is taken out of the
 * ledger: docs/formats/pack.md, "retention.yaml". A step is written down, recorded, then done.
 */
export class Anonymisation {
  readonly #db: Kysely<RetentionTables>;
  readonly #around: Surroundings;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #rounds = new Rounds(() => this.#round());
  readonly #rows: Map<LogName, Row>;

  private constructor(
    db: Kysely<RetentionTables>,
    around: Surroundings,
    clock: Clock,
    onError: (error: unknown) => void,
    rows: readonly Row[],
  ) {
    this.#db = db;
    this.#around = around;
    this.#clock = clock;
    this.#onError = onError;
    this.#rows = new Map(rows.map((row) => [row.log, row]));
  }

  static async load(
    db: Kysely<RetentionTables>,
    around: Surroundings,
    clock: Clock,
    onError: (error: unknown) => void,
  ): Promise<Anonymisation> {
    const rows = await db.selectFrom('anonymisations').selectAll().execute();
    return new Anonymisation(
      db,
      around,
      clock,
      onError,
      rows.map((row) => ({ ...row, log: row.log as LogName })),
    );
  }

  start(every: number): void {
    this.#rounds.start(undefined, every, this.#onError);
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** One round over all logs. */
  run(): Promise<void> {
    return this.#rounds.run(undefined);
  }

  /** Rows of leaves below it have no addresses, or are to lose them. */
  below(log: LogName): number {
    const row = this.#rows.get(log);
    if (row === undefined) return 0;
    return row.step === 'decided' ? row.since : row.below;
  }

  /** A log that fails does not keep the others. */
  async #round(): Promise<void> {
    for (const [log, size] of this.#around.logs()) {
      if (this.#rounds.stopped) return;
      await this.#log(log, size).catch(this.#onError);
    }
  }

  async #log(log: LogName, size: number): Promise<void> {
    const { tenant, stream } = splitLog(log);
    const after = this.#around.after(tenant, stream);
    const left = this.#rows.get(log);
    if (left !== undefined) await this.#climb(left, after);
    if (after === null) return;
    while (!this.#rounds.stopped) {
      const since = Math.max(this.below(log), this.#around.minimum(log));
      const limit = Math.min(size, since + AT_ONCE);
      // A record loses its address and nothing else: it stays the evidence it is.
      const oldest = Number.POSITIVE_INFINITY;
      const terms = { keep: after, now: this.#clock(), held: NOBODY, oldest };
      const { index } = await boundary(this.#around.read(log, since, limit, size), since, terms);
      if (index === since) return;
      const record_id = formatUuid(newUuid(this.#clock()));
      await this.#climb(await this.#save({ log, since, below: index, step: 'decided', record_id }), after);
    }
  }

  async #climb(start: Row, after: Period | null): Promise<void> {
    let row = start;
    const { log, since, below, record_id } = row;
    if (row.step === 'decided') {
      const period = after === null ? {} : { after: formatPeriod(after) };
      await this.#around.record(log, record_id, { below, entries: below - since, ...period });
      row = await this.#save({ ...row, step: 'recorded' });
    }
    if (row.step === 'recorded') {
      await this.#around.clean(log, since, below);
      await this.#save({ ...row, step: 'done' });
    }
  }

  async #save(row: Row): Promise<Row> {
    await this.#db
      .insertInto('anonymisations')
      .values(row)
      .onConflict((c) => c.column('log').doUpdateSet(row))
      .execute();
    this.#rows.set(row.log, row);
    return row;
  }
}
