import { auditEvent } from '../support/events.js';

/** Gives one text to plant, no longer than so many characters. */
export type Next = (most?: number) => string;
type Parts = Record<string, unknown>;

const details = (field: Parts): Parts => ({ metadata: { safe_fields_only: true, details: field } });
const actor = (parts: Parts): Parts => ({ actor: { type: 'service', id: 'svc-7', ...parts } });
const entity = (parts: Parts): Parts => ({ entity: { type: 'policy', id: 'pol-7', ...parts } });
const probe = (field: Parts): Parts => ({
  event_type: 'leak.probe',
  action: null,
  entity: { type: 'probe', id: 'p' },
  ...details(field),
});

/** Every place of an event, right and wrong ones. */
export const EVENTS: readonly ((next: Next) => Parts)[] = [
  (n) => ({ event_id: n() }),
  (n) => ({ event_type: n(64) }),
  (n) => ({ event_version: n() }),
  (n) => ({ stream: n(64) }),
  (n) => ({ occurred_at: n(40) }),
  (n) => ({ recorded_at: n(), integrity: { prev_hash: n(), [n()]: n() } }),
  (n) => actor({ id: n(500) }),
  (n) => ({ actor: { type: 'user', id: n(500), role: n(250) } }),
  (n) => actor({ role: n(250), user_agent: n(1_000) }),
  (n) => actor({ ip: n(64) }),
  (n) => actor({ type: n() }),
  (n) => actor({ [n()]: n() }),
  (n) => ({ tenant: { id: n(64) } }),
  (n) => ({ tenant: { slug: n(64), [n()]: 1 } }),
  (n) => entity({ id: n(500) }),
  (n) => entity({ type: n(64) }),
  (n) => entity({ version: n(64) }),
  (n) => ({ action: n(190) }),
  (n) => ({ result: n() }),
  (n) => ({ reason: n(1_000) }),
  (n) => ({ corrects: n(36) }),
  (n) => ({ corrects: n() }),
  (n) => ({ correlation: { correlation_id: n(250) } }),
  (n) => ({ correlation: { session_id: n(250), trace_id: n(250) } }),
  (n) => ({ correlation: { [n()]: n() } }),
  (n) => ({ metadata: { safe_fields_only: n() } }),
  (n) => ({ metadata: { safe_fields_only: true, [n()]: n() } }),
  (n) => details({ [n()]: n() }),
  (n) => details({ note: n(), old: n(4_000), new: n(4_000), field: n(250) }),
  (n) => details({ note: { [n()]: [n()] } }),
  (n) => details({ field: n().repeat(30) }),
  (n) => details({ statement: n() }),
  (n) => ({ [n()]: n() }),
  (n) => ({ [n()]: { [n()]: [n()] } }),
  // One field of a pack for every strategy.
  (n) =>
    probe({ kept: n(2_000), scrubbed: n(2_000), dropped: n(2_000), tokenised: n(2_000), hashed: n(2_000) }),
  (n) => probe({ masked: n(2_000), sealed: n(2_000) }),
  (n) => probe({ bucketed: n() }),
  (n) => probe({ network: n(100) }),
  (n) => probe({ listed: [n(2_000), n(2_000)], nested: { inner: n(2_000), [n()]: 1 } }),
  (n) => probe({ nested: { inner: n(2_000) }, listed: [n(2_000), 7] }),
];

/** An event with texts planted at the places of one of {@link EVENTS}. */
export const eventWith = (place: (next: Next) => Parts, next: Next): Parts => auditEvent(place(next));

type Any = Record<string, unknown>;
const text = (stringValue: string): Any => ({ stringValue });
const attribute = (key: string, value: Any): Any => ({ key, value });
const map = (...values: Any[]): Any => ({ kvlistValue: { values } });
const list = (...values: Any[]): Any => ({ arrayValue: { values } });

/** Every place of an OTLP log record. `bytes` writes bytes as the encoding has them. */
export const LOGS: readonly ((next: Next, bytes: (text: string) => unknown) => Any)[] = [
  (n) => ({ body: text(n()) }),
  (n) => ({ severityNumber: 17, severityText: n(), eventName: n() }),
  (n) => ({ body: text(n()), eventName: n(), severityText: n() }),
  (n) => ({ body: map(attribute(n(), text(n())), attribute('deep', map(attribute(n(), list(text(n())))))) }),
  (n) => ({ body: list(text(n()), list(text(n())), map(attribute('k', text(n())))) }),
  (n, bytes) => ({ body: { bytesValue: bytes(n()) } }),
  (n, bytes) => ({ attributes: [attribute('raw', { bytesValue: bytes(n()) }), attribute(n(), text('x'))] }),
  (n) => ({
    body: text(`Error: ${n()}`),
    attributes: [attribute('exception.stacktrace', text(`Error: ${n()}\n    at f (a.js:1:2)`))],
  }),
  (n) => ({
    attributes: [
      attribute('url.full', text(`https://a.example/p?q=${n()}`)),
      attribute('http.target', text(n())),
    ],
  }),
  (n) => ({ attributes: [attribute('client.address', text(n())), attribute('user.id', text(n()))] }),
  (n) => ({
    attributes: [
      attribute('correlationId', text(n())),
      attribute('session.id', text(n())),
      attribute('requestId', text(n())),
    ],
  }),
  (n) => ({
    attributes: [
      attribute('http.request.header.authorization', text(n())),
      attribute('db.statement', text(`SELECT '${n()}'`)),
    ],
  }),
  (n) => ({
    attributes: [
      attribute('thread.name', text(n())),
      attribute('durationMs', text(n())),
      attribute('host.name', text(n())),
    ],
  }),
  (n) => ({ attributes: [attribute('same', text(n())), attribute('same', text(n()))] }),
  (n) => ({ attributes: [attribute('list', list(text(n()), map(attribute(n(), text(n())))))] }),
  (n) => ({ body: text(JSON.stringify({ a: JSON.stringify({ b: n() }) })) }),
];
