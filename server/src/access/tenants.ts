import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import { Failure } from '../base/errors.js';
import { REGION, type Regions } from './regions.js';
import type { AccessTables } from './tables.js';

export interface TenantInfo {
  readonly id: string;
  readonly slug: string;
  readonly packs: readonly string[];
  readonly region: string;
  /** First part of its logs' origins; fixed at the beginning, since checkpoints name it for ever. */
  readonly host: string;
  readonly created_at: string;
}

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** Tenants, all in memory: they are few and every request needs one. */
export class Tenants {
  readonly #db: Kysely<AccessTables>;
  readonly #byId = new Map<string, TenantInfo>();
  readonly regions: Regions;

  private constructor(db: Kysely<AccessTables>, regions: Regions) {
    this.#db = db;
    this.regions = regions;
  }

  static async load(db: Kysely<AccessTables>, regions: Regions): Promise<Tenants> {
    const tenants = new Tenants(db, regions);
    for (const row of await db.selectFrom('tenants').selectAll().execute())
      tenants.#byId.set(row.id, { ...row, packs: JSON.parse(row.packs) as string[] });
    return tenants;
  }

  all(): TenantInfo[] {
    return [...this.#byId.values()];
  }

  get(id: string): TenantInfo | undefined {
    return this.#byId.get(id);
  }

  /** By id or slug. */
  find(name: string): TenantInfo | undefined {
    return this.#byId.get(name) ?? this.all().find((t) => t.slug === name);
  }

  /** For a request, once it may know of the tenant. @throws WrongRegion when its region is not served here. */
  admit(tenant: TenantInfo): TenantInfo {
    this.regions.check(tenant.region);
    return tenant;
  }

  /** @throws Failure `bad_format`, `conflict` or `wrong_region`, naming the field. */
  async create(
    slug: string,
    packs: readonly string[],
    region: string,
    host: string,
    now: string,
  ): Promise<TenantInfo> {
    if (!SLUG.test(slug))
      throw new Failure('bad_format', 'slug must be 1 to 40 lower-case letters, digits and hyphens.', {
        field: 'slug',
      });
    if (!REGION.test(region))
      throw new Failure('bad_format', 'region must be lower-case letters, digits and hyphens.', {
        field: 'region',
      });
    this.regions.check(region, 'region');
    if (this.find(slug) !== undefined)
      throw new Failure('conflict', 'A tenant with this slug exists.', { field: 'slug' });
    // Opaque: origins show it to witnesses, so it may say nothing about the customer.
    const tenant: TenantInfo = {
      id: `t${randomBytes(8).toString('hex')}`,
      slug,
      packs,
      region,
      host,
      created_at: now,
    };
    await this.#db
      .insertInto('tenants')
      .values({ ...tenant, packs: JSON.stringify(packs) })
      .execute();
    this.#byId.set(tenant.id, tenant);
    return tenant;
  }
}
