import type { Kysely } from 'kysely';
import { type Clock, toRfc3339 } from '../base/clock.js';
import { storageFailure } from '../base/errors.js';
import { formatUuid, newUuid } from '../base/uuid.js';
import type { Purpose } from '../event/purposes.js';
import type { ConsentBook } from './consent-book.js';
import type { Requester } from './erasure.js';
import type { RightsTables } from './tables.js';

/** One decision of a person, as it was given. */
export interface Decision {
  readonly purpose: Purpose;
  /** `*` stands for all event types; one of its own goes before it. */
  readonly event_type: string;
  readonly granted: boolean;
  /** Of the text that the person was shown. */
  readonly version: string;
}

export interface Consent extends Decision {
  readonly given_at: string;
}

type Row = RightsTables['consents'];

/**
 * What people have agreed to, with all history (GDPR art. 7(1)). A decision is on disk and counts for the next record
 * before {@link decide} begins to tell of it.
 */
export class Consents {
  readonly #db: Kysely<RightsTables>;
  readonly #book: ConsentBook;
  readonly #clock: Clock;
  readonly #record: RecordConsent;

  constructor(db: Kysely<RightsTables>, book: ConsentBook, record: RecordConsent, clock: Clock) {
    this.#db = db;
    this.#book = book;
    this.#clock = clock;
    this.#record = record;
  }

  /**
   * Writes decisions down, from now on in force, and a record of each.
   * @throws Failure `storage_full` or `storage_failed`; what was written then is recorded at the next start.
   */
  async decide(
    tenant: string,
    subject: string,
    by: Requester,
    decisions: readonly Decision[],
  ): Promise<Consent[]> {
    const now = this.#clock();
    const rows = decisions.map(
      (decision): Omit<Row, 'seq'> => ({
        ...{ tenant, subject, purpose: decision.purpose, event_type: decision.event_type },
        ...{ granted: decision.granted ? 1 : 0, version: decision.version, given_at: toRfc3339(now) },
        ...{ credential: by.credential, role: by.role, recorded: 0, record_id: formatUuid(newUuid(now)) },
      }),
    );
    try {
      await this.#db.insertInto('consents').values(rows).execute();
    } catch (error) {
      throw storageFailure(error);
    }
    this.#book.forget(tenant, subject);
    await this.#tell(rows);
    return this.of(tenant, subject);
  }

  async #tell(rows: readonly Omit<Row, 'seq'>[]): Promise<void> {
    for (const row of rows) {
      await this.#record(row.tenant, row, {
        eventId: row.record_id,
        action: row.granted === 1 ? 'consent_given' : 'consent_withdrawn',
        subject: row.subject,
        details: { purpose: row.purpose, for_event_type: row.event_type, version: row.version },
      });
      await this.#db
        .updateTable('consents')
        .set({ recorded: 1 })
        .where('record_id', '=', row.record_id)
        .execute();
    }
  }

  /** After a crash: decisions that are in force and not recorded yet are, under the ids they were given. */
  async resume(): Promise<void> {
    const rows = await this.#db.selectFrom('consents').selectAll().where('recorded', '=', 0).execute();
    await this.#tell(rows);
  }

  /** All decisions of a person, the oldest first. */
  async of(tenant: string, subject: string): Promise<Consent[]> {
    const rows = await this.#db
      .selectFrom('consents')
      .select(['purpose', 'event_type', 'granted', 'version', 'given_at'])
      .where('tenant', '=', tenant)
      .where('subject', '=', subject)
      .orderBy('seq')
      .execute();
    return rows.map((row) => ({ ...row, purpose: row.purpose as Purpose, granted: row.granted === 1 }));
  }
}

/** Writes one platform record about a subject; the same id again writes nothing. */
export type RecordConsent = (
  tenant: string,
  by: Requester,
  record: {
    readonly eventId: string;
    readonly action: 'consent_given' | 'consent_withdrawn';
    readonly subject: string;
    readonly details: Readonly<Record<string, string>>;
  },
) => Promise<unknown>;

/** The decision in force for each purpose and event type. */
export function inForce(history: readonly Consent[]): Consent[] {
  const latest = new Map<string, Consent>();
  for (const consent of history) latest.set(`${consent.purpose} ${consent.event_type}`, consent);
  return [...latest.values()];
}
