import type { JsonSchema } from '../../pack/model.js';

const text = (maxLength: number): JsonSchema => ({ type: 'string', minLength: 1, maxLength });
/** Serialisers of many languages write an absent value as null. */
const optional = (maxLength: number): JsonSchema => ({ type: ['string', 'null'], maxLength });
const closed = (properties: Record<string, JsonSchema>, required: string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

/** Ids that tie records together, in canonical order. */
export const CORRELATION = [
  'correlation_id',
  'job_id',
  'request_id',
  'session_id',
  'span_id',
  'trace_id',
] as const;

/**
 * The shared envelope (requirement A-3) as a sender may write it. `recorded_at` and `integrity` are ours to
 * set: a sender that echoes a whole envelope is not refused for them, but what it wrote there is not used.
 */
export const ENVELOPE: JsonSchema = closed(
  {
    event_id: optional(36),
    event_type: optional(64),
    event_version: { type: ['integer', 'null'] },
    stream: optional(64),
    occurred_at: text(40),
    recorded_at: {},
    integrity: {},
    actor: closed(
      {
        type: { enum: ['user', 'service', 'system'] },
        id: text(512),
        role: optional(256),
        ip: optional(64),
        user_agent: optional(1024),
      },
      ['type', 'id'],
    ),
    tenant: { ...closed({ id: optional(64), slug: optional(64) }), type: ['object', 'null'] },
    entity: closed(
      { type: text(64), id: text(512), version: { type: ['string', 'integer', 'null'], maxLength: 64 } },
      ['type', 'id'],
    ),
    action: optional(200),
    result: { enum: ['success', 'failure', 'denied', 'pending'] },
    reason: optional(1024),
    corrects: optional(36),
    correlation: {
      ...closed(Object.fromEntries(CORRELATION.map((name) => [name, optional(256)]))),
      type: ['object', 'null'],
    },
    metadata: {
      ...closed({ safe_fields_only: { const: true }, details: { type: ['object', 'null'] } }, [
        'safe_fields_only',
      ]),
      type: ['object', 'null'],
    },
  },
  ['occurred_at', 'actor', 'entity', 'result'],
);

/** The envelope after validation. */
export interface Envelope {
  event_id?: string | null;
  event_type?: string | null;
  event_version?: number | null;
  stream?: string | null;
  occurred_at: string;
  actor: {
    type: 'user' | 'service' | 'system';
    id: string;
    role?: string | null;
    ip?: string | null;
    user_agent?: string | null;
  };
  tenant?: { id?: string | null; slug?: string | null } | null;
  entity: { type: string; id: string; version?: string | number | null };
  action?: string | null;
  result: string;
  reason?: string | null;
  corrects?: string | null;
  correlation?: { [K in (typeof CORRELATION)[number]]?: string | null } | null;
  metadata?: { safe_fields_only: true; details?: Record<string, unknown> | null } | null;
}
