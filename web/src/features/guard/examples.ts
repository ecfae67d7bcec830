export type Kind = 'event' | 'log';

/** Something to try at once. */
export const EXAMPLES: Readonly<Record<Kind, string>> = {
  event: JSON.stringify(
    {
      event_type: 'audit',
      action: 'policy_changed',
      occurred_at: '2026-01-31T12:00:00Z',
      actor: { type: 'user', id: 'ada@example.com', ip: '203.0.113.77', role: 'compliance_officer' },
      entity: { type: 'policy', id: 'pol-7', version: 3 },
      result: 'success',
      metadata: {
        safe_fields_only: true,
        details: {
          field: 'retention_days',
          old: 365,
          new: 2555,
          note: 'Agreed with ada@example.com, +44 20 7946 0900',
        },
      },
    },
    null,
    2,
  ),
  log: JSON.stringify(
    {
      level: 'ERROR',
      service: 'checkout',
      message: 'card 4111 1111 1111 1111 of ada@example.com was refused',
      attributes: {
        userId: 'ada',
        'url.full': 'https://shop.example/pay?token=abc',
        durationMs: 12.5,
        password: 'x',
      },
    },
    null,
    2,
  ),
};
