import { formatUuid, newUuid } from '../base/uuid.js';

/** Other people act in events of every millisecond, 5,000 of them in all. */
export function sampleEvent(now: number): Record<string, unknown> {
  const id = formatUuid(newUuid(now));
  return {
    event_id: id,
    event_type: 'audit',
    event_version: 1,
    occurred_at: new Date(now).toISOString(),
    actor: { type: 'user', id: `user-${now % 5_000}`, role: 'analyst', ip: `203.0.113.${now % 250}` },
    entity: { type: 'policy', id: `pol-${now % 900}`, version: 3 },
    action: 'policy_changed',
    result: 'success',
    correlation: { request_id: `req-${id.slice(24)}`, trace_id: id.replaceAll('-', '') },
    metadata: {
      safe_fields_only: true,
      details: { field: 'retention_days', old: 365, new: 2555, note: 'changed as agreed in the review' },
    },
  };
}
