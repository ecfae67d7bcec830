import type { TenantInfo } from '../access/tenants.js';
import { type AccessEntry, AccessLog } from '../api/access-log.js';
import type { Clock } from '../base/clock.js';
import { Failure } from '../base/errors.js';
import type { LogName } from '../event/stages.js';
import type { OpenEngine } from './engine.js';

const SEALED_WITHIN_MS = 30_000;

/** Where the platform's pack puts records about rights, keys and retention. */
export const adminLog = (tenant: string): LogName => `${tenant}/admin`;

/** Writes such records about a tenant; each is sealed when the promise resolves. */
export type Recorder = (
  tenant: string,
  by: { readonly credential: string; readonly role: string },
  entry: AccessEntry,
) => Promise<void>;

/** The tenant with this id. @throws Failure `not_found`. */
export function knownTenant({ tenants }: Pick<OpenEngine, 'tenants'>, id: string): TenantInfo {
  const tenant = tenants.get(id);
  if (tenant === undefined) throw new Failure('not_found', 'There is no such tenant.');
  return tenant;
}

export function recorder(rooms: Pick<OpenEngine, 'pipeline' | 'sealer' | 'tenants'>, clock: Clock): Recorder {
  const accessLog = new AccessLog(rooms.pipeline, clock);
  return async (tenant, by, entry) => {
    const position = await accessLog.record(knownTenant(rooms, tenant), by, entry);
    if (!(await rooms.sealer.sealedTo(position, AbortSignal.timeout(SEALED_WITHIN_MS), adminLog(tenant))))
      throw new Failure('not_sealed', 'The record of it is on disk but not sealed yet; ask again.');
  };
}
