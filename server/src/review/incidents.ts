import type { Kysely } from 'kysely';
import { type Clock, toRfc3339 } from '../base/clock.js';
import { Failure } from '../base/errors.js';
import { formatUuid, newUuid } from '../base/uuid.js';
import { Follower } from '../event/follow.js';
import { type LogName, type RecordPlace, splitLog } from '../event/stages.js';
import { RULESET } from '../guard/detect/index.js';
import type { Hit } from './hits.js';
import {
  type By,
  closed,
  type Incident,
  inForce,
  type Leak,
  opened,
  REVIEWER,
  type SecurityEntry,
} from './incident.js';
import type { Outcome, ReviewTables } from './tables.js';

/** What incidents need of the rest of the machine. Each can be repeated after a crash. */
export interface Surroundings {
  /** Takes the content of these records out of the search store. */
  withhold(log: LogName, places: readonly RecordPlace[]): Promise<void>;
  /** Puts the record back into the search store; once for each token. */
  restore(log: LogName, place: RecordPlace, token: string): Promise<void>;
  /** Resolves when the record is on disk; the same id twice is one record. */
  record(log: LogName, by: By, record: SecurityEntry): Promise<void>;
}

const keyOf = ({ leaf, slot }: RecordPlace): string => `${leaf}/${slot}`;
/**
 * Leaks found behind the door (requirement C-8). A record is withheld by every room from the moment its row is written
 * here; what follows (search store, records) is a ladder written down rung by rung, and climbed on after a crash.
 */
export class Incidents {
  readonly #db: Kysely<ReviewTables>;
  readonly #around: Surroundings;
  readonly #clock: Clock;
  readonly #all = new Map<string, Incident>();
  /** The latest of each place. */
  readonly #places = new Map<LogName, Map<string, Incident>>();
  readonly #follower: Follower;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    db: Kysely<ReviewTables>,
    around: Surroundings,
    clock: Clock,
    onError: (error: unknown) => void,
  ) {
    this.#db = db;
    this.#around = around;
    this.#clock = clock;
    this.#follower = new Follower(async () => {
      await this.#inTurn(() => this.#climb());
      return false;
    }, onError);
  }

  static async load(
    db: Kysely<ReviewTables>,
    around: Surroundings,
    clock: Clock,
    onError: (error: unknown) => void,
  ): Promise<Incidents> {
    const incidents = new Incidents(db, around, clock, onError);
    const rows = await db
      .selectFrom('privacy_incidents')
      .selectAll()
      .orderBy('found_at')
      .orderBy('id')
      .execute();
    for (const row of rows)
      incidents.#keep({
        ...row,
        log: row.log as LogName,
        hits: JSON.parse(row.hits) as Hit[],
        closed_by: row.closed_by === null ? null : (JSON.parse(row.closed_by) as By),
      });
    return incidents;
  }

  /** Ends what a crash left half done, and what failed for a while. */
  start(): void {
    this.#follower.start();
  }

  async stop(): Promise<void> {
    await this.#follower.stop();
  }

  #keep(incident: Incident): void {
    this.#all.set(incident.id, incident);
    const places = this.#places.get(incident.log) ?? new Map<string, Incident>();
    this.#places.set(incident.log, places.set(keyOf(incident), incident));
  }

  get openCount(): number {
    return [...this.#all.values()].filter(({ step }) => step !== 'closed').length;
  }

  /** The newest first. @param tenant null for all. */
  list(tenant: string | null): Incident[] {
    return [...this.#all.values()]
      .filter(({ log }) => tenant === null || splitLog(log).tenant === tenant)
      .reverse();
  }

  /** What is known of a place, judged or not. */
  about(log: LogName, place: RecordPlace): Incident | undefined {
    return this.#places.get(log)?.get(keyOf(place));
  }

  /** The incident for which a record is withheld. */
  withholding(log: LogName, place: RecordPlace): Incident | undefined {
    const incident = this.about(log, place);
    return incident !== undefined && inForce(incident) ? incident : undefined;
  }

  /** Withheld records in the leaves from `from` up to `to`. */
  withheld(log: LogName, from: number, to: number): Incident[] {
    return [...(this.#places.get(log)?.values() ?? [])].filter(
      (incident) => inForce(incident) && incident.leaf >= from && incident.leaf < to,
    );
  }

  /** Withholds records. When it returns no room shows them; records and search store follow, now if they can. */
  open(log: LogName, leaks: readonly Leak[]): Promise<void> {
    return this.#inTurn(async () => {
      const found = leaks.map((leak): Incident => {
        const now = this.#clock();
        return {
          ...leak,
          ...{ id: formatUuid(newUuid(now)), log, ruleset: RULESET, found_at: toRfc3339(now), step: 'found' },
          ...{ outcome: null, note: null, closed_at: null, closed_by: null, close_id: null },
        };
      });
      const rows = found.map((incident) => ({
        ...incident,
        hits: JSON.stringify(incident.hits),
        closed_by: null,
      }));
      await this.#db.insertInto('privacy_incidents').values(rows).execute();
      for (const incident of found) this.#keep(incident);
      await this.#climbOrLeave();
    });
  }

  /**
   * A person's judgement. A false positive is shown again; what was contained stays withheld.
   * @throws Failure `not_found`, `conflict` when it is closed already.
   */
  close(tenant: string, id: string, by: By, outcome: Outcome, note: string): Promise<Incident> {
    return this.#inTurn(async () => {
      const incident = this.#all.get(id);
      if (incident === undefined || splitLog(incident.log).tenant !== tenant)
        throw new Failure('not_found', 'There is no such incident.');
      if (incident.outcome !== null) throw new Failure('conflict', 'The incident is closed already.');
      if (incident.step !== 'open')
        throw new Failure('not_sealed', 'The record of the incident is not written yet; try again.');
      const now = this.#clock();
      const { credential, role } = by;
      await this.#save({
        ...incident,
        ...{ step: 'closing', outcome, note, closed_at: toRfc3339(now) },
        ...{ closed_by: { credential, role }, close_id: formatUuid(newUuid(now)) },
      });
      await this.#climbOrLeave();
      return this.#all.get(id) ?? incident;
    });
  }

  /** One change at a time. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** What fails now the follower tries again; it is told of the failure then. */
  async #climbOrLeave(): Promise<void> {
    await this.#climb().catch(() => this.#follower.wake());
  }

  /** What fails does not keep the others. @throws the first failure. */
  async #climb(): Promise<void> {
    const failures: unknown[] = [];
    const failed = (error: unknown): void => void failures.push(error);
    const found = [...this.#all.values()].filter(({ step }) => step === 'found');
    for (const log of new Set(found.map((incident) => incident.log)))
      await this.#withhold(
        log,
        found.filter((incident) => incident.log === log),
      ).catch(failed);
    for (const incident of this.#all.values())
      if (incident.step !== 'open' && incident.step !== 'closed') await this.#finish(incident).catch(failed);
    if (failures.length > 0) throw failures[0];
  }

  /** Each withholding is one pass over the search store, so that of many records is one. */
  async #withhold(log: LogName, incidents: readonly Incident[]): Promise<void> {
    await this.#around.withhold(log, incidents);
    for (const incident of incidents) await this.#save({ ...incident, step: 'withheld' });
  }

  async #finish(start: Incident): Promise<void> {
    let incident = start;
    const { log } = incident;
    if (incident.step === 'withheld') {
      await this.#around.record(log, REVIEWER, opened(incident));
      incident = await this.#save({ ...incident, step: 'open' });
    }
    if (incident.step === 'closing') {
      await this.#around.record(log, incident.closed_by ?? REVIEWER, closed(incident));
      const step = incident.outcome === 'false_positive' ? 'lifting' : 'closed';
      incident = await this.#save({ ...incident, step });
    }
    if (incident.step === 'lifting') {
      await this.#around.restore(log, incident, incident.close_id ?? incident.id);
      await this.#save({ ...incident, step: 'closed' });
    }
  }

  async #save(incident: Incident): Promise<Incident> {
    const { id, step, outcome, note, closed_at, close_id } = incident;
    const closed_by = incident.closed_by === null ? null : JSON.stringify(incident.closed_by);
    await this.#db
      .updateTable('privacy_incidents')
      .set({ step, outcome, note, closed_at, closed_by, close_id })
      .where('id', '=', id)
      .execute();
    this.#keep(incident);
    return incident;
  }
}
