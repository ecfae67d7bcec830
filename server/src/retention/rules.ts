import type { Kysely } from 'kysely';
import { type Clock, toRfc3339 } from '../base/clock.js';
import { Failure } from '../base/errors.js';
import { addPeriod, formatPeriod, type Period, parsePeriod, type Retention } from '../pack/retention.js';
import type { RetentionTables } from './tables.js';

/** How long a tenant's records of one stream are kept. */
export interface Rule extends Retention {
  /** What the tenant's packs say. */
  readonly declared: Period;
  readonly overridden: boolean;
}

const isShorter = (a: Period, b: Period): boolean => addPeriod(0, a) < addPeriod(0, b);

/** The retention of each tenant and stream: what its packs declare, unless it was set otherwise. */
export class Rules {
  readonly #db: Kysely<RetentionTables>;
  readonly #declared: (tenant: string, stream: string) => Retention;
  readonly #clock: Clock;

  /** @param declared what the tenant's packs say; throws Failure `bad_pack` when they say nothing. */
  constructor(
    db: Kysely<RetentionTables>,
    declared: (tenant: string, stream: string) => Retention,
    clock: Clock,
  ) {
    this.#db = db;
    this.#declared = declared;
    this.#clock = clock;
  }

  /** @throws Failure `bad_pack` when nothing says how long the stream is kept. */
  async of(tenant: string, stream: string): Promise<Rule> {
    const declared = this.#declared(tenant, stream);
    const row = await this.#db
      .selectFrom('retention_overrides')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('stream', '=', stream)
      .executeTakeFirst();
    if (row === undefined) return { ...declared, declared: declared.keep, overridden: false };
    const keep = parsePeriod(row.keep);
    if (keep === null) throw new Failure('internal', 'A stored retention period cannot be read.');
    return { ...declared, keep, because: row.because, declared: declared.keep, overridden: true };
  }

  /**
   * Sets a tenant's own period for a stream.
   * @param because may be left out where the period is not shorter than what the packs say.
   * @throws Failure `missing_field` when a shorter one comes without a ground.
   */
  async set(tenant: string, stream: string, keep: Period, because: string | undefined): Promise<Rule> {
    const declared = this.#declared(tenant, stream);
    if (because === undefined && isShorter(keep, declared.keep))
      throw new Failure(
        'missing_field',
        `A shorter period than ${formatPeriod(declared.keep)}, as the packs declare it, needs a ground.`,
        { field: 'because' },
      );
    const values = {
      ...{ tenant, stream, keep: formatPeriod(keep), because: because ?? declared.because },
      set_at: toRfc3339(this.#clock()),
    };
    await this.#db
      .insertInto('retention_overrides')
      .values(values)
      .onConflict((c) => c.columns(['tenant', 'stream']).doUpdateSet(values))
      .execute();
    return this.of(tenant, stream);
  }
}
