import { randomBytes } from 'node:crypto';

let serial = 0;

/** A UUIDv7 whose order is the order of the calls. */
export function uuid7(): string {
  serial += 1;
  const time = (Date.now() * 4096 + (serial % 4096)).toString(16).padStart(15, '0');
  const random = randomBytes(8).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${time.slice(12, 15)}-a${random.slice(0, 3)}-${random.slice(3, 15)}`;
}

export interface EventParts {
  [key: string]: unknown;
}

/** A valid audit event; parts given replace its own. */
export function auditEvent(parts: EventParts = {}): EventParts & { event_id: string } {
  return {
    event_id: uuid7(),
    event_type: 'audit',
    event_version: 1,
    occurred_at: new Date().toISOString(),
    actor: { type: 'user', id: 'user-17', role: 'analyst', ip: '203.0.113.9', user_agent: 'curl/8.5.0' },
    entity: { type: 'policy', id: 'pol-7', version: 3 },
    action: 'policy_changed',
    result: 'success',
    correlation: { request_id: `req-${serial}`, trace_id: randomBytes(16).toString('hex') },
    metadata: {
      safe_fields_only: true,
      details: { field: 'retention', old: 30, new: 365, note: 'as agreed' },
    },
    ...parts,
  };
}
