import type { Kysely } from 'kysely';
import { type Clock, toRfc3339 } from '../base/clock.js';
import { Failure } from '../base/errors.js';
import { formatUuid, newUuid } from '../base/uuid.js';
import type { SubjectTraces, Vault } from '../vault/vault.js';
import type { Holds } from './holds.js';
import { keyNeedles, type Needle, ownIdNeedles } from './needles.js';
import { type Place, type PlaceReport, scanPlaces } from './scan.js';
import type { ErasureState, RightsTables } from './tables.js';

export interface Erasure {
  readonly id: string;
  readonly tenant: string;
  /** Pseudonym. */
  readonly subject: string;
  readonly ground: string;
  readonly state: ErasureState;
  readonly requested_at: string;
  /** When the key and the mapping were destroyed; null until then. */
  readonly destroyed_at: string | null;
  /** Ids of the records `subject_erased` and `erasure_scanned`. */
  readonly record_id: string;
  readonly scan_id: string;
  readonly scan: readonly PlaceReport[] | null;
}

/** Who asked, as it stands in the records. */
export interface Requester {
  readonly credential: string;
  readonly role: string;
}

/** One platform record about a subject. With an id of its own, so that writing it again writes nothing. */
export interface RightsRecord {
  readonly eventId: string;
  readonly action: string;
  readonly subject: string;
  readonly result: 'success' | 'denied';
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** What an erasure needs of the rest of the machine. */
export interface Surroundings {
  /** Resolves when the record is under a signed checkpoint. */
  record(tenant: string, by: Requester, record: RightsRecord): Promise<void>;
  /** Records of the tenant in the search store whose bytes hold the text. */
  rowsHolding(tenant: string, text: string): Promise<number>;
  readonly places: readonly Place[];
}

type Row = RightsTables['erasures'];

/**
 * Erases subjects: docs/formats/sealed-values.md, "Erasure". The steps are a ladder written down rung by rung;
 * {@link resume} climbs on after a crash.
 */
export class Erasures {
  readonly #db: Kysely<RightsTables>;
  readonly #vault: Vault;
  readonly #holds: Holds;
  readonly #around: Surroundings;
  readonly #clock: Clock;

  constructor(db: Kysely<RightsTables>, vault: Vault, holds: Holds, around: Surroundings, clock: Clock) {
    this.#db = db;
    this.#vault = vault;
    this.#holds = holds;
    this.#around = around;
    this.#clock = clock;
  }

  /**
   * Erases the person with this id of their own.
   * @throws Failure `not_found` when nothing is kept under the id, `legal_hold` when a hold forbids it.
   */
  async erase(tenant: string, by: Requester, subjectId: string, ground: string): Promise<Erasure> {
    const traces = this.#vault.traces(tenant, subjectId);
    if (traces === null)
      throw new Failure('not_found', 'Nothing is kept under this id.', { field: 'subject' });
    await this.#refuseIfHeld(tenant, by, traces.pseudonym);
    const row =
      (await this.#unfinished(tenant, traces.pseudonym)) ?? (await this.#begin(tenant, by, traces, ground));
    return this.#climb(row, { traces, subjectId });
  }

  async #refuseIfHeld(tenant: string, by: Requester, subject: string): Promise<void> {
    const hold = await this.#holds.standing(tenant, subject);
    if (hold === undefined) return;
    await this.#around.record(tenant, by, {
      eventId: formatUuid(newUuid(this.#clock())),
      action: 'erasure_refused',
      subject,
      result: 'denied',
      details: { ground: hold.ground, ...(hold.until === null ? {} : { until: hold.until }) },
    });
    throw new Failure(
      'legal_hold',
      `A hold stands${hold.until === null ? '' : ` until ${hold.until}`}; the refusal was recorded with its ground.`,
    );
  }

  async #unfinished(tenant: string, subject: string): Promise<Row | undefined> {
    return this.#db
      .selectFrom('erasures')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('subject', '=', subject)
      .where('state', '!=', 'scanned')
      .executeTakeFirst();
  }

  async #begin(tenant: string, by: Requester, traces: SubjectTraces, ground: string): Promise<Row> {
    const now = this.#clock();
    const [id, record_id, scan_id] = [newUuid(now), newUuid(now), newUuid(now)].map(formatUuid) as [
      string,
      string,
      string,
    ];
    const row: Row = {
      ...{ id, tenant, subject: traces.pseudonym, ground, credential: by.credential, role: by.role },
      ...{ state: 'begun', requested_at: toRfc3339(now), destroyed_at: null, record_id, scan_id, scan: null },
    };
    await this.#db.insertInto('erasures').values(row).execute();
    return row;
  }

  /** From whatever rung it stands on to the last one. */
  async #climb(row: Row, known: { traces: SubjectTraces; subjectId: string } | null): Promise<Erasure> {
    if (row.state === 'begun') {
      await this.#record(row, 'subject_erased', row.record_id, { ground: row.ground });
      await this.#step(row, 'recorded');
    }
    if (row.state === 'recorded') {
      this.#vault.destroy(row.tenant, row.subject);
      row.destroyed_at = toRfc3339(this.#clock());
      await this.#step(row, 'destroyed');
    }
    if (row.state === 'destroyed') await this.#scan(row, known);
    return shown(row);
  }

  async #scan(row: Row, known: { traces: SubjectTraces | null; subjectId: string } | null): Promise<void> {
    const needles: Needle[] = [
      ...(known === null ? [] : ownIdNeedles(known.subjectId)),
      ...(known?.traces ? keyNeedles(known.traces) : []),
    ];
    const reports = await scanPlaces(this.#around.places, needles);
    // The key itself is among them.
    for (const needle of needles) needle.bytes.fill(0);
    if (known !== null) {
      const rows = await this.#around.rowsHolding(row.tenant, known.subjectId);
      const found = rows === 0 ? [] : [{ file: `${rows} records`, what: "the subject's own id" }];
      reports.push({ place: 'store rows', files: 0, bytes: 0, found, unread: [] });
    }
    const sum = (of: (report: PlaceReport) => number): number => reports.reduce((n, r) => n + of(r), 0);
    await this.#record(row, 'erasure_scanned', row.scan_id, {
      places: reports
        .map((r) => `${r.place}: ${r.files} files, ${r.found.length} found, ${r.unread.length} unread`)
        .join('; '),
      files: sum((r) => r.files),
      bytes: sum((r) => r.bytes),
      found: sum((r) => r.found.length),
      own_id_looked_for: known !== null,
    });
    row.scan = JSON.stringify(reports);
    await this.#step(row, 'scanned');
  }

  #record(row: Row, action: string, eventId: string, details: RightsRecord['details']): Promise<void> {
    return this.#around.record(row.tenant, row, {
      eventId,
      action,
      subject: row.subject,
      result: 'success',
      details: { erasure: row.id, ...details },
    });
  }

  async #step(row: Row, state: ErasureState): Promise<void> {
    row.state = state;
    const { scan, scan_id, destroyed_at } = row;
    await this.#db
      .updateTable('erasures')
      .set({ state, scan, scan_id, destroyed_at })
      .where('id', '=', row.id)
      .execute();
  }

  /**
   * Looks again for what should be gone, as after a backup was restored or a scan was cut short.
   * @throws Failure `not_found`.
   */
  async scanAgain(tenant: string, id: string, subjectId: string): Promise<Erasure> {
    const row = await this.#row(tenant, id);
    if (row.state !== 'scanned') throw new Failure('conflict', 'The erasure is still under way.');
    row.scan_id = formatUuid(newUuid(this.#clock()));
    // A restored control database brings the map's row and the key back.
    const back = this.#vault.traces(tenant, subjectId);
    if (back?.pseudonym === row.subject) this.#vault.destroy(tenant, row.subject);
    await this.#scan(row, { traces: back, subjectId });
    return shown(row);
  }

  /** Ends what a crash left half done; the subject's own id is not known any more then. */
  async resume(): Promise<void> {
    const rows = await this.#db.selectFrom('erasures').selectAll().where('state', '!=', 'scanned').execute();
    for (const row of rows) await this.#climb(row, null);
  }

  async get(tenant: string, id: string): Promise<Erasure> {
    return shown(await this.#row(tenant, id));
  }

  async #row(tenant: string, id: string): Promise<Row> {
    const row = await this.#db
      .selectFrom('erasures')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) throw new Failure('not_found', 'There is no such erasure.');
    return row;
  }
}

function shown(row: Row): Erasure {
  const { credential: _c, role: _r, scan, state, ...rest } = row;
  return {
    ...rest,
    state: state as ErasureState,
    scan: scan === null ? null : (JSON.parse(scan) as PlaceReport[]),
  };
}
