import type { Principal } from '../access/roles.js';
import type { TenantInfo } from '../access/tenants.js';
import { type Clock, toRfc3339 } from '../base/clock.js';
import { Failure } from '../base/errors.js';
import type { Pipeline } from '../pipeline.js';

/** The pack that declares what the platform records about itself. */
export const PLATFORM_PACK = 'prooflog';

export interface AccessEntry {
  readonly action: string;
  readonly entity: { type: string; id: string };
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  readonly result?: 'success' | 'failure' | 'denied';
  readonly requestId?: string;
  /** Chosen beforehand, where writing it again must write nothing. */
  readonly eventId?: string;
}

/** How long one record speaks for further reads of the same log by the same reader. */
const COALESCE_MS = 60_000;

/**
 * Every read and every change is itself a record: it takes the same way as any other, and the answer waits until
 * it is on disk. If it cannot be written, nothing is shown.
 */
export class AccessLog {
  readonly #pipeline: Pipeline;
  readonly #clock: Clock;
  readonly #recent = new Map<string, number>();

  constructor(pipeline: Pipeline, clock: Clock) {
    this.#pipeline = pipeline;
    this.#clock = clock;
  }

  /** @returns the journal position after it. @throws Failure when it cannot be written. */
  async record(
    tenant: TenantInfo,
    principal: { readonly credential: string; readonly role: string },
    entry: AccessEntry,
  ): Promise<number> {
    const event = {
      event_id: entry.eventId ?? null,
      action: entry.action,
      occurred_at: toRfc3339(this.#clock()),
      actor: { type: 'service', id: principal.credential, role: principal.role },
      entity: entry.entity,
      result: entry.result ?? 'success',
      correlation: entry.requestId === undefined ? null : { request_id: entry.requestId },
      metadata: { safe_fields_only: true, details: entry.details ?? null },
    };
    const sender = {
      tenant: { id: tenant.id, slug: tenant.slug, packs: [PLATFORM_PACK] },
      credential: principal.credential,
    };
    const outcome = await this.#pipeline.events([{ index: 0, value: event }], [], sender);
    const refused = outcome.rejected[0];
    if (refused !== undefined)
      throw new Failure('internal', 'The access could not be recorded, so it was refused.', {
        cause: new Error(`${refused.code} at ${refused.field}`),
      });
    return outcome.position;
  }

  /** For the many small reads of a verifier: one record a minute for each reader and log. */
  async recordOnce(tenant: TenantInfo, principal: Principal, entry: AccessEntry): Promise<void> {
    const key = `${principal.credential} ${entry.action} ${tenant.id} ${entry.entity.id}`;
    const now = this.#clock();
    if ((this.#recent.get(key) ?? Number.NEGATIVE_INFINITY) + COALESCE_MS > now) return;
    if (this.#recent.size > 10_000) this.#recent.clear();
    this.#recent.set(key, now);
    await this.record(tenant, principal, entry);
  }
}
