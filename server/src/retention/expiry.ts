import { ERASURE_STREAM, TILE_WIDTH } from '@prooflog/proof';
import type { Clock } from '../base/clock.js';
import { type ErrorCode, Failure } from '../base/errors.js';
import { Rounds } from '../base/rounds.js';
import { formatUuid, newUuid } from '../base/uuid.js';
import { type LogName, type Sealed, splitLog } from '../event/stages.js';
import { isBlockStream } from '../event/streams.js';
import { formatPeriod } from '../pack/retention.js';
import { boundary, recordedAt, type Stop, textOf } from './boundary.js';
import type { ExpiryRow, Minimums } from './minimums.js';
import type { Rule, Rules } from './rules.js';

/** What an expiry needs of the rest of the machine. Each can be repeated after a crash. */
export interface Surroundings {
  /** All logs with their sealed sizes. */
  logs(): ReadonlyMap<LogName, number>;
  originOf(log: LogName): string;
  /** Entries from `from` up to `to`, in order. */
  read(log: LogName, from: number, to: number, size: number): AsyncIterable<Sealed>;
  /** Pseudonyms of a tenant under legal hold. */
  held(tenant: string): Promise<ReadonlySet<string>>;
  /** Resolves when the record is under a signed checkpoint; the same id twice is one record. */
  record(log: LogName, eventId: string, details: Record<string, string | number | boolean>): Promise<void>;
  /** Has the log's note say its minimum index. */
  publish(log: LogName): Promise<void>;
  removeFiles(log: LogName, since: number, index: number): Promise<void>;
  removeRows(log: LogName, index: number): Promise<void>;
}

/** What expires, or would, from one log. */
export interface LogExpiry {
  readonly log: LogName;
  readonly size: number;
  /** Entries from `from` up to `to`; the same number where none do. */
  readonly from: number;
  readonly to: number;
  /** Null when nothing says how long the stream is kept: then nothing expires. */
  readonly rule: Rule | null;
  readonly stop: Stop;
  /** Why it could not be looked at or carried out; the next round tries again. */
  readonly failed?: ErrorCode;
}

/** Entries of one step: each has a record of its own, and rows are deleted once for it. */
const AT_ONCE = 16_384;

/**
 * Lets the bytes of records go whose time is over (docs/formats/ledger.md, "Expiry"). The steps are a ladder written
 * down rung by rung; after a crash the next round climbs on.
 */
export class Expiry {
  readonly #rules: Rules;
  readonly #minimums: Minimums;
  readonly #around: Surroundings;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #rounds = new Rounds((tenant: string | undefined) =>
    this.#round(tenant, (log, size) => this.#expire(log, size)),
  );

  constructor(
    rules: Rules,
    minimums: Minimums,
    around: Surroundings,
    clock: Clock,
    onError: (error: unknown) => void,
  ) {
    this.#rules = rules;
    this.#minimums = minimums;
    this.#around = around;
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Runs a round now and then every so many milliseconds. */
  start(every: number): void {
    this.#rounds.start(undefined, every, this.#onError);
  }

  /** Lets the step under way finish. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** What a round would let go now; changes nothing. */
  plan(tenant?: string): Promise<LogExpiry[]> {
    return this.#round(tenant, async (log, size) => this.#look(log, size, size));
  }

  /** Lets go what is over, one round at a time. */
  run(tenant?: string): Promise<LogExpiry[]> {
    return this.#rounds.run(tenant);
  }

  /** A log that fails does not keep the others. */
  async #round(
    tenant: string | undefined,
    work: (log: LogName, size: number) => Promise<LogExpiry>,
  ): Promise<LogExpiry[]> {
    const done: LogExpiry[] = [];
    for (const [log, size] of this.#around.logs()) {
      if (this.#rounds.stopped) break;
      if (tenant !== undefined && splitLog(log).tenant !== tenant) continue;
      const from = this.#minimums.of(log).index;
      done.push(
        await work(log, size).catch((error: unknown) => {
          this.#onError(error);
          const failed = error instanceof Failure ? error.code : 'internal';
          return { log, size, from, to: this.#minimums.of(log).index, rule: null, stop: 'age', failed };
        }),
      );
    }
    return done;
  }

  /** @param limit entry to look no further than. */
  async #look(log: LogName, size: number, limit: number): Promise<LogExpiry> {
    const { tenant, stream } = splitLog(log);
    const from = this.#minimums.of(log).index;
    const rule = await this.#rules.of(tenant, stream);
    const oldest = stream === ERASURE_STREAM ? await this.#oldestBeside(log) : Number.POSITIVE_INFINITY;
    const terms = { keep: rule.keep, now: this.#clock(), held: await this.#around.held(tenant), oldest };
    const { index, stop } = await boundary(this.#around.read(log, from, limit, size), from, terms);
    return { log, size, from, to: index, rule, stop };
  }

  /** When the oldest record was made that the other logs of the tenant still have. */
  async #oldestBeside(log: LogName): Promise<number> {
    const { tenant } = splitLog(log);
    let oldest = Number.POSITIVE_INFINITY;
    for (const [other, size] of this.#around.logs()) {
      if (other === log || splitLog(other).tenant !== tenant) continue;
      const { index } = this.#minimums.of(other);
      // The bundle that the minimum index lies in is still there as a whole; blocks go one by one.
      const first = isBlockStream(splitLog(other).stream) ? index : index - (index % TILE_WIDTH);
      if (first >= size) continue;
      for await (const { records } of this.#around.read(other, first, first + 1, size))
        for (const bytes of records)
          oldest = Math.min(oldest, recordedAt(textOf(bytes)) ?? Number.NEGATIVE_INFINITY);
    }
    return oldest;
  }

  async #expire(log: LogName, size: number): Promise<LogExpiry> {
    const { index: first } = this.#minimums.of(log);
    const row = this.#minimums.row(log);
    if (row !== undefined && row.step !== 'done' && !(await this.#climb(row, size)))
      return { ...(await this.#look(log, size, row.minimum_index)), from: first, to: row.since };
    for (;;) {
      const limit = Math.min(size, this.#minimums.of(log).index + AT_ONCE);
      const look = await this.#look(log, size, limit);
      const told = { ...look, from: first };
      if (look.to === look.from || this.#rounds.stopped) return { ...told, to: look.from };
      const record_id = formatUuid(newUuid(this.#clock()));
      const decided = { log, since: look.from, minimum_index: look.to, step: 'decided', record_id } as const;
      if (!(await this.#climb(await this.#minimums.save(decided), size))) return { ...told, to: look.from };
      if (look.to < limit || limit === size) return told;
    }
  }

  /** From whatever rung it stands on to the last. @returns false when it may not go on for now. */
  async #climb(start: ExpiryRow, size: number): Promise<boolean> {
    let row = start;
    const step = async (to: ExpiryRow['step']): Promise<void> => {
      row = await this.#minimums.save({ ...row, step: to });
    };
    const { log, since, minimum_index: index, record_id } = row;
    if (row.step === 'decided') {
      await this.#around.record(log, record_id, await this.#details(log, since, index));
      await step('recorded');
    }
    if (row.step === 'recorded') {
      // A hold or a longer period may have come since this was decided, a long time ago if there was a crash.
      if ((await this.#look(log, size, index)).to < index) return false;
      await step('published');
    }
    if (row.step === 'published') {
      await this.#around.publish(log);
      await this.#around.removeFiles(log, since, index);
      await this.#around.removeRows(log, index);
      await step('done');
    }
    return true;
  }

  async #details(log: LogName, since: number, index: number): Promise<Record<string, string | number>> {
    const { tenant, stream } = splitLog(log);
    const { keep, because } = await this.#rules.of(tenant, stream);
    return {
      origin: this.#around.originOf(log),
      minimum_index: index,
      expired: index - since,
      keep: formatPeriod(keep),
      because,
    };
  }
}
