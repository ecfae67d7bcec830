import type { TenantInfo } from '../access/tenants.js';
import type { Receipt } from '../api/engine.js';
import type { Clock } from '../base/clock.js';
import { formatUuid, newUuid } from '../base/uuid.js';
import { Rotation } from '../ledger/rotation.js';
import type { SigningKeys } from '../ledger/signing-keys.js';
import type { OpenEngine } from './engine.js';
import { adminLog, knownTenant, type Recorder } from './records.js';

const INDEXED_WITHIN_MS = 30_000;

interface Rooms extends Pick<OpenEngine, 'ledger' | 'indexer' | 'tenants' | 'originOf'> {
  proofOf(tenant: TenantInfo, eventId: string): Promise<Receipt | null>;
}

/** Changes of signing keys, with what they need of the other rooms. */
export function openRotation(keys: SigningKeys, rooms: Rooms, record: Recorder, clock: Clock): Rotation {
  return new Rotation(keys, {
    newId: () => formatUuid(newUuid(clock())),
    namesOf: (tenant) => ({
      tenant: `${knownTenant(rooms, tenant).host}/${tenant}`,
      origin: rooms.originOf(adminLog(tenant)),
    }),
    resign: (tenant, change) => rooms.ledger.resign(tenant, change),
    record: (tenant, by, { id, action, key }, details) =>
      record(tenant, by, { eventId: id, action, entity: { type: 'key', id: key }, details }),
    async proofOf(tenant, eventId) {
      await rooms.indexer.caughtUp(AbortSignal.timeout(INDEXED_WITHIN_MS));
      return (await rooms.proofOf(knownTenant(rooms, tenant), eventId))?.proof ?? null;
    },
  });
}
