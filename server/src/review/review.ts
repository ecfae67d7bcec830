import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { type Clock, toRfc3339 } from '../base/clock.js';
import { type ErrorCode, Failure } from '../base/errors.js';
import { Rounds } from '../base/rounds.js';
import { formatUuid, newUuid } from '../base/uuid.js';
import { type LogName, type Sealed, splitLog } from '../event/stages.js';
import { RULESET } from '../guard/detect/index.js';
import { type Hit, hitsIn } from './hits.js';
import { type By, hitsText, type Leak, REVIEWER, type SecurityEntry } from './incident.js';
import type { Incidents } from './incidents.js';
import { draw, range } from './sample.js';
import type { ReviewTables } from './tables.js';

export interface ReviewOptions {
  readonly db: Kysely<ReviewTables>;
  readonly incidents: Incidents;
  /** All logs with their sealed sizes. */
  readonly logs: () => ReadonlyMap<LogName, number>;
  /** Below it the bytes of a log are gone. */
  readonly minimum: (log: LogName) => number;
  /** Single leaves of a log, ascending. */
  readonly pick: (log: LogName, leaves: Iterable<number>, size: number) => AsyncIterable<Sealed>;
  /** Resolves when the record is on disk. */
  readonly record: (log: LogName, by: By, entry: SecurityEntry) => Promise<void>;
  /** Records looked at of each log in a round that nobody asked for, about. */
  readonly sample: number;
  /** Records a second at most. */
  readonly rate: number;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** What is reviewed, and for whom. */
export interface Asked {
  /** Null: of all tenants. */
  readonly tenant: string | null;
  /** Every record, and not a sample. */
  readonly all: boolean;
  readonly by: By;
}

/** What the last review of a log came to. */
export interface Report {
  readonly log: LogName;
  /** RFC 3339 */
  readonly at: string;
  /** Entries it was drawn from: from `from` up to `to`. */
  readonly from: number;
  readonly to: number;
  readonly looked_at: number;
  readonly ruleset: string;
  /** Records in which something was found that was not known before, by rule and path. */
  readonly hits: readonly (Hit & { readonly records: number })[];
  /** Incidents that were opened. */
  readonly incidents: number;
  /** Why it was not looked at to the end; the next round tries again. */
  readonly failed?: ErrorCode;
}

/** Records between two looks at the clock. */
const STRETCH = 256;
/** Leaks kept in memory before they are withheld. */
const AT_ONCE = 500;

/** Looks at stored records with the rules of today, log by log (requirement C-11). */
export class Review {
  readonly #o: ReviewOptions;
  readonly #rounds: Rounds<Asked, Report[]>;
  readonly #reports = new Map<LogName, Report>();
  #running = 0;

  private constructor(options: ReviewOptions) {
    this.#o = options;
    this.#rounds = new Rounds((asked) => this.#round(asked));
  }

  static async load(options: ReviewOptions): Promise<Review> {
    const review = new Review(options);
    for (const { log, report } of await options.db.selectFrom('reviews').selectAll().execute())
      review.#reports.set(log as LogName, JSON.parse(report) as Report);
    return review;
  }

  /** Rounds over samples of all logs. @param first milliseconds to the first where there never was one. */
  start(every: number, first: number): void {
    const last = Math.max(...[...this.#reports.values()].map((report) => Date.parse(report.at)));
    const wait = Number.isFinite(last) ? Math.min(every, Math.max(0, last + every - this.#o.clock())) : first;
    this.#rounds.start({ tenant: null, all: false, by: REVIEWER }, every, this.#o.onError, wait);
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  get running(): boolean {
    return this.#running > 0;
  }

  /** The last report of each log. @param tenant null for all. */
  reports(tenant: string | null): Report[] {
    return [...this.#reports.values()]
      .filter(({ log }) => tenant === null || splitLog(log).tenant === tenant)
      .sort((a, b) => (a.log < b.log ? -1 : 1));
  }

  async run(asked: Asked): Promise<Report[]> {
    this.#running += 1;
    try {
      return await this.#rounds.run(asked);
    } finally {
      this.#running -= 1;
    }
  }

  /** A log that fails does not keep the others. */
  async #round(asked: Asked): Promise<Report[]> {
    const done: Report[] = [];
    for (const [log, to] of this.#o.logs()) {
      if (this.#rounds.stopped) break;
      if (asked.tenant !== null && splitLog(log).tenant !== asked.tenant) continue;
      done.push(await this.#log(log, to, asked));
    }
    return done;
  }

  async #log(log: LogName, to: number, asked: Asked): Promise<Report> {
    const at = toRfc3339(this.#o.clock());
    const from = Math.min(to, this.#o.minimum(log));
    const tally = new Tally();
    let failed: ErrorCode | undefined;
    try {
      await this.#look(log, from, to, asked.all, tally);
    } catch (error) {
      this.#o.onError(error);
      failed = error instanceof Failure ? error.code : 'internal';
    }
    const { looked_at, incidents, hits } = tally;
    const report: Report = {
      ...{ log, at, from, to, looked_at, ruleset: RULESET, hits, incidents },
      ...(failed === undefined ? {} : { failed }),
    };
    await this.#keep(report, asked.by);
    return report;
  }

  async #look(log: LogName, from: number, to: number, all: boolean, tally: Tally): Promise<void> {
    const { sample, pick, incidents } = this.#o;
    const leaves = all ? range(from, to) : draw(from, to, sample);
    const perLeaf = all ? Number.POSITIVE_INFINITY : Math.ceil(sample / Math.min(sample, to - from));
    const pace = this.#pace();
    let leaks: Leak[] = [];
    const open = async (): Promise<void> => {
      if (leaks.length > 0) await incidents.open(log, leaks);
      tally.incidents += leaks.length;
      leaks = [];
    };
    for await (const sealed of pick(log, leaves, to)) {
      for (const slot of draw(0, sealed.records.length, perLeaf)) {
        tally.looked_at += 1;
        const leak = this.#leakAt(sealed, slot);
        if (leak !== null) {
          tally.add(leak.hits);
          leaks.push(leak);
        }
        if (tally.looked_at % STRETCH === 0) await pace();
      }
      if (leaks.length >= AT_ONCE) await open();
      if (this.#rounds.stopped) break;
    }
    await open();
  }

  /** Null too for what an incident was opened for already, whatever came of that. */
  #leakAt({ log, leaf, records }: Sealed, slot: number): Leak | null {
    const bytes = records[slot] as Uint8Array;
    const json = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
    const hits = hitsIn(json);
    if (hits.length === 0) return null;
    const known = this.#o.incidents.about(log, { leaf, slot });
    const isKnown = ({ rule, path }: Hit): boolean =>
      known?.hits.some((hit) => hit.rule === rule && hit.path === path) ?? false;
    if (this.#o.incidents.withholding(log, { leaf, slot }) !== undefined || hits.every(isKnown)) return null;
    const { event_id } = JSON.parse(json) as { event_id: string };
    return { leaf, slot, event_id, hits };
  }

  /** Waits as long as the rate wants it; at least until others had their turn. */
  #pace(): () => Promise<void> {
    let due = performance.now();
    return async () => {
      due += (STRETCH / this.#o.rate) * 1_000;
      await sleep(this.#rounds.stopped ? 0 : Math.max(0, due - performance.now()));
    };
  }

  async #keep(report: Report, by: By): Promise<void> {
    const { log, from, to, looked_at, ruleset, hits, incidents } = report;
    await this.#o.record(log, by, {
      eventId: formatUuid(newUuid(this.#o.clock())),
      action: 'records_reviewed',
      result: hits.length === 0 && report.failed === undefined ? 'success' : 'failure',
      details: { log, from, to, looked_at, ruleset, hits: hitsText(hits), incidents },
    });
    const values = { log, report: JSON.stringify(report) };
    await this.#o.db
      .insertInto('reviews')
      .values(values)
      .onConflict((c) => c.column('log').doUpdateSet(values))
      .execute();
    this.#reports.set(log, report);
  }
}

/** What one review of a log has come to so far. */
class Tally {
  looked_at = 0;
  incidents = 0;
  readonly #hits = new Map<string, Hit & { records: number }>();

  add(hits: readonly Hit[]): void {
    for (const { rule, path } of hits) {
      const key = `${rule} ${path}`;
      const records = (this.#hits.get(key)?.records ?? 0) + 1;
      this.#hits.set(key, { rule, path, records });
    }
  }

  get hits(): (Hit & { records: number })[] {
    return [...this.#hits.values()];
  }
}
