import type { TenantInfo } from '../access/tenants.js';
import { AccessLog } from '../api/access-log.js';
import type { Receipt } from '../api/engine.js';
import { systemClock } from '../base/clock.js';
import { Failure } from '../base/errors.js';
import { formatUuid, newUuid } from '../base/uuid.js';
import type { LogName } from '../event/stages.js';
import { Rotation } from '../ledger/rotation.js';
import type { SigningKeys } from '../ledger/signing-keys.js';
import type { OpenEngine } from './engine.js';

const SEALED_WITHIN_MS = 30_000;

/** Changes of signing keys, with what they need of the other rooms. */
export function openRotation(
  keys: SigningKeys,
  rooms: Pick<OpenEngine, 'pipeline' | 'ledger' | 'sealer' | 'indexer' | 'tenants' | 'originOf'> & {
    proofOf(tenant: TenantInfo, eventId: string): Promise<Receipt | null>;
  },
): Rotation {
  const known = (id: string): TenantInfo => {
    const tenant = rooms.tenants.get(id);
    if (tenant === undefined) throw new Failure('not_found', 'There is no such tenant.');
    return tenant;
  };
  const accessLog = new AccessLog(rooms.pipeline, systemClock);
  const adminLog = (tenant: string): LogName => `${tenant}/admin`;
  return new Rotation(keys, {
    newId: () => formatUuid(newUuid(systemClock())),
    namesOf: (tenant) => ({
      tenant: `${known(tenant).host}/${tenant}`,
      origin: rooms.originOf(adminLog(tenant)),
    }),
    resign: (tenant, change) => rooms.ledger.resign(tenant, change),
    async record(tenant, by, { id, action, key }, details) {
      const position = await accessLog.record(known(tenant), by, {
        eventId: id,
        action,
        entity: { type: 'key', id: key },
        details,
      });
      if (!(await rooms.sealer.sealedTo(position, AbortSignal.timeout(SEALED_WITHIN_MS), adminLog(tenant))))
        throw new Failure(
          'not_sealed',
          'The record of the change is on disk but not sealed yet; ask again and it goes on.',
        );
    },
    async proofOf(tenant, eventId) {
      await rooms.indexer.caughtUp(AbortSignal.timeout(SEALED_WITHIN_MS));
      return (await rooms.proofOf(known(tenant), eventId))?.proof ?? null;
    },
  });
}
