import type { Tenants } from '../access/tenants.js';
import { PLATFORM_PACK } from '../api/access-log.js';
import { systemClock, toRfc3339 } from '../base/clock.js';
import { formatUuid, newUuid } from '../base/uuid.js';
import { type Sender, splitLog } from '../event/stages.js';
import { type RecordSink, type SecurityRecord, writeSecurityRecord } from '../integrity/events.js';

/** Who records in a tenant's name what the platform has to say; undefined when there is no such tenant. */
export const platformSender =
  (tenants: Tenants) =>
  (id: string): Sender['tenant'] | undefined => {
    const tenant = tenants.get(id);
    return tenant && { id, slug: tenant.slug, packs: [PLATFORM_PACK] };
  };

/** Records something new about a log, now. */
export async function recordNow(
  sink: RecordSink,
  tenants: Tenants,
  record: Omit<SecurityRecord, 'id' | 'at'>,
): Promise<void> {
  const tenant = platformSender(tenants)(splitLog(record.log).tenant);
  const now = systemClock();
  if (tenant !== undefined)
    await writeSecurityRecord(sink, tenant, { ...record, id: formatUuid(newUuid(now)), at: toRfc3339(now) });
}
