/**
 * The shapes that cross HTTP between the server and its pages. Types only: the pages import this file,
 * so nothing here may have a run-time part.
 */

/** Any JSON value as it comes out of a reply. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** RFC 9457 problem details. `errors` names fields by JSON pointer and never repeats a value. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  /** Quote this when asking for help; it is in the server's own log. */
  request_id: string;
  errors?: { field: string; code: string; message: string }[];
  /** With `wrong_region`: the server of that region, where it is known. */
  region_address?: string;
}

export type Role = 'ingest' | 'reader' | 'admin';

export interface Tenant {
  /** Opaque: it appears in checkpoint origins, which outsiders see. */
  id: string;
  slug: string;
  packs: string[];
  region: string;
  created_at: string;
}

/** `GET /v1/session`, and the reply of `POST /v1/session {token}` (which sets the cookie). */
export interface Session {
  /** What this session may do; a signed-in person is an `admin`. */
  role: Role;
  tenants: Tenant[];
}

/** `POST /v1/keys {tenant, role, label?}`; `key` is shown once. */
export interface CreatedKey extends KeyInfo {
  key: string;
}

/** `GET /v1/keys` → `{keys: KeyInfo[]}`. */
export interface KeyInfo {
  id: string;
  tenant: string;
  role: Role;
  label: string;
  created_at: string;
  last_used_at: string | null;
}

/** `GET /v1/keys/:id/activity`: what the row that waits for the first event shows. */
export interface KeyActivity {
  accepted: number;
  rejected: number;
  /** Of the latest accepted record through this key since the server started. */
  last_event_id: string | null;
  last_rejection: { at: string; code: string; field: string; message: string } | null;
}

/** `POST /v1/events`, 200. */
export interface IngestReply {
  accepted: number;
  duplicates: number;
  rejected: { index: number; code: string; field: string; message: string }[];
  /** Ids of the accepted and duplicate items in their order; only with `?ids=1` or for a single object. */
  event_ids?: string[];
  /** With `?wait=sealed`: one receipt per accepted item. `proof` is a c2sp.org/tlog-proof@v1 text. */
  receipts?: { event_id: string; stream: string; index: number; proof: string }[];
}

/** A stored record. `integrity.hash` is added on the way out; all else is what was sealed. */
export interface StoredRecord {
  event_id: string;
  event_type: string;
  event_version: number;
  stream: string;
  occurred_at: string;
  recorded_at: string;
  tenant: { id: string; slug: string };
  action?: string;
  result?: string;
  reason?: string;
  /** Id of the record that this one corrects. */
  corrects?: string;
  /** Ids of the records that correct this one; not part of the record itself. */
  corrected_by?: string[];
  /**
   * People this one names who were erased, by pseudonym, each with the id of the record `subject_erased`: the values
   * sealed for them stand as they were sealed, and nobody can open them or say who it was. Not part of the record itself.
   */
  erased_by?: { subject: string; event_id: string }[];
  /** The details as the newest version of the event reads them; not part of the record itself. */
  upcast?: { event_version: number; details: { [key: string]: Json } };
  actor?: { type: string; id: string; role?: string; country?: string; ip?: string; user_agent?: string };
  entity?: { type: string; id: string; version?: string | number };
  correlation?: Partial<
    Record<'request_id' | 'trace_id' | 'span_id' | 'job_id' | 'session_id' | 'correlation_id', string>
  >;
  metadata?: { safe_fields_only: true; details?: { [key: string]: Json } };
  /** Log records: level, message, serviceName, stackTrace, attributes… */
  data?: { [key: string]: Json };
  /** What the guard took out: rule, place and count, never the value. */
  guard?: { ruleset: string; remarks: { rule: string; path: string; count: number }[] };
  integrity: { hash: string; prev_hash?: string };
  /**
   * A privacy incident: of the record only id, stream, times and hash are shown (`event_type` is `withheld`). Not part
   * of the record itself.
   */
  withheld?: Withheld;
  /** Network addresses were taken out of what search shows; the sealed record has them. Not part of the record itself. */
  anonymised?: true;
}

/** Why a record is not shown, and where its hash can be checked: leaf `index` of its log. */
export interface Withheld {
  /** Id of the incident; null while it is being lifted. */
  incident: string | null;
  hits: { rule: string; path: string }[];
  index: number;
}

/**
 * `POST /v1/exports {query, from?, to?, streams?}` answers with a zip of the matching records and their proofs
 * (docs/formats/export.md); `x-prooflog-records` says how many. A reply that was cut off is no zip.
 */
export type ExportRequest = Pick<SearchRequest, 'query' | 'from' | 'to' | 'streams'>;

/** Times are RFC 3339, or relative: `now`, `now-15m`, `now-7d` (units s m h d w). */
export interface SearchRequest {
  query: string;
  from?: string;
  to?: string;
  streams?: string[];
  limit?: number;
  cursor?: string;
  order?: 'newest' | 'oldest';
}

export interface SearchReply {
  records: StoredRecord[];
  /** Absent at the end. Bound to tenant, query and key: it cannot be used elsewhere. */
  cursor?: string;
  elapsed_ms: number;
}

/** `POST /v1/histogram {query, from, to, streams, buckets}`. */
export interface HistogramReply {
  from: string;
  to: string;
  step_ms: number;
  /** One per step, empty ones included; keys of `counts` are a level for logs, else a result. */
  buckets: { at: string; counts: { [key: string]: number } }[];
  total: number;
}

/** `POST /v1/facets {query, from, to, streams, fields}`: top values per field. */
export interface FacetsReply {
  facets: { field: string; values: { value: string; count: number }[] }[];
}

/** `GET /v1/correlation/:id`: everything under one correlation, in order, over all streams. */
export interface CorrelationReply {
  id: string;
  /** All ids that were found to belong together, the asked one first. */
  ids: string[];
  records: StoredRecord[];
  truncated: boolean;
}

/** `GET /v1/logs-of-trust` → `{logs: TrustedLog[]}`: where each log is read and with which key it is signed. */
export interface TrustedLog {
  tenant: string;
  stream: string;
  origin: string;
  /** signed-note verifier key to keep, `name+hash+base64`: the newest that signs. */
  vkey: string;
  /** All keys that sign, the oldest first: two while one takes the other's place. */
  vkeys: string[];
  size: number;
  /** Path of the tlog-tiles root, without a trailing slash: `/ledger/<tenant>/<stream>`. */
  path: string;
}

/** `GET /v1/signing-keys`, and the answer to `POST /v1/signing-keys/rotate` and `…/retire`: all keys, the oldest first. */
export interface SigningKeys {
  keys: SigningKey[];
}

export interface SigningKey {
  /** signed-note verifier key under the name of the tenant. */
  vkey: string;
  /** It signs while `introduced`, `signing` or `retiring`. */
  state: 'introduced' | 'signing' | 'retiring' | 'withdrawn' | 'retired';
  store: 'keyring' | 'transit';
  /** c2sp.org/tlog-proof that it took the place of the key before it; null until that one is retired. */
  rotation: string | null;
}

/** `GET /v1/integrity`: how far the stored ledger was checked, and what does not hold. */
export interface IntegrityReply {
  logs: LogIntegrity[];
}

export interface LogIntegrity {
  /** `<tenant id>/<stream>`; with `-` for a stream: what lies beside a tenant's logs. */
  log: string;
  /** Its files were altered, so what comes is kept in the journal and not sealed until they are mended. */
  stopped: boolean;
  /** Entries under the head, and those that the round under way is past. */
  size: number;
  position: number;
  /** The last round that went through everything; `size` entries the log had then. */
  last_round: { finished_at: string; size: number } | null;
  /** Open ones; a file has one at a time. */
  findings: IntegrityFinding[];
}

export interface IntegrityFinding {
  code: string;
  /** File, relative to the log. */
  path: string;
  /** First entry concerned, and its event id. */
  index: number | null;
  event_id: string | null;
  found_at: string;
}

/** `GET /v1/fields`: what the query language knows, for completion. */
export interface FieldInfo {
  name: string;
  aliases: string[];
  type: 'string' | 'number' | 'time' | 'text';
  description: string;
}

/** `POST /v1/demo`: loads the packs' samples into the tenant `demo` through the events API. */
export interface DemoReply {
  tenant: Tenant;
  sent: number;
  accepted: number;
  duplicates: number;
}

/**
 * `POST /v1/erasures {subject, ground}`, `GET /v1/erasures/:id`, `POST /v1/erasures/:id/scan {subject}`. The proofs
 * (c2sp.org/tlog-proof@v1) of the records of erasure and scan are the receipt.
 */
export interface ErasureReply {
  id: string;
  /** Pseudonym; nobody can say any more whose it was. */
  subject: string;
  ground: string;
  state: 'begun' | 'recorded' | 'destroyed' | 'scanned';
  requested_at: string;
  /** When the key and the mapping were destroyed; null until then. */
  destroyed_at: string | null;
  record_id: string;
  scan_id: string;
  scan: {
    place: string;
    files: number;
    bytes: number;
    found: { file: string; what: string }[];
    unread: { file: string; code: string }[];
  }[];
  proofs: string[];
}

/** `POST /v1/holds {subject, ground, until?}`, `GET /v1/holds` → `{holds}`, `DELETE /v1/holds/:id`. */
export interface HoldReply {
  id: string;
  subject: string;
  ground: string;
  set_at: string;
  until: string | null;
}

/**
 * `GET /v1/tenants/:id/retention` → `{retention: RetentionReply[]}`, and the reply of
 * `PUT /v1/tenants/:id/retention/:stream {keep, because?}`. Periods are ISO 8601 durations of years, months and days.
 */
export interface RetentionReply {
  stream: string;
  keep: string;
  because: string;
  /** What the tenant's packs say. */
  declared: string;
  overridden: boolean;
}

/** `POST /v1/expiry {dry_run?}`: what was let go because its time is over, or would be. */
export interface ExpiryReply {
  dry_run: boolean;
  logs: LogExpiryReply[];
}

export interface LogExpiryReply {
  /** `<tenant id>/<stream>` */
  log: string;
  size: number;
  /** Entries from `from` up to `to`; the same number where none expire. */
  from: number;
  to: number;
  /** Null when it could not be looked at. */
  keep: string | null;
  because: string | null;
  /** Why no more: the next record is not old enough, is under legal hold or proves an erasure, or there is none. */
  stopped_by: 'age' | 'hold' | 'evidence' | 'end';
  /** Problem code; the next round tries again. */
  failed?: string;
}

/**
 * `POST /v1/review {all?}` starts a review of stored records and waits for it for half a minute; `GET /v1/review` gives
 * the last report of each log.
 */
export interface ReviewReply {
  /** One is still under way. */
  running: boolean;
  reports: ReviewReport[];
}

export interface ReviewReport {
  /** `<tenant id>/<stream>` */
  log: string;
  at: string;
  /** Entries the records were drawn from: `from` up to `to`. */
  from: number;
  to: number;
  looked_at: number;
  ruleset: string;
  /** Records with something that was not known before. */
  hits: { rule: string; path: string; records: number }[];
  /** Privacy incidents that were opened. */
  incidents: number;
  /** Problem code; the next round tries again. */
  failed?: string;
}

/**
 * `GET /v1/privacy-incidents` → `{incidents}`, the newest first, and the reply of
 * `POST /v1/privacy-incidents/:id/close {outcome, note}`.
 */
export interface PrivacyIncident {
  id: string;
  log: string;
  event_id: string;
  /** Leaf of the log. */
  index: number;
  severity: 'critical';
  hits: { rule: string; path: string }[];
  ruleset: string;
  found_at: string;
  /** `opening`, `closing`: the records of it, or the search store, are not there yet. */
  state: 'opening' | 'open' | 'closing' | 'closed';
  outcome: 'false_positive' | 'contained' | null;
  note: string | null;
  closed_at: string | null;
  /** What the quarantine does not reach. */
  remains: string;
}

/** `POST /v1/subjects/records {subject}`: the newest thousand, with the subject's sealed values opened. */
export interface SubjectRecordsReply {
  subject: string;
  records: StoredRecord[];
  truncated: boolean;
}

/**
 * `PUT /v1/subjects/:id/consents {consents: [{purpose, granted, version, event_type?}]}` and `GET`. `version` is that of
 * the text the person was shown; a text of another version needs a new decision.
 */
export interface ConsentsReply {
  /** Pseudonym. */
  subject: string;
  /** In force now, one for each purpose and event type. */
  consents: ConsentShown[];
  /** The oldest first. */
  history: ConsentShown[];
}

export interface ConsentShown {
  purpose: 'service_delivery' | 'analytics' | 'marketing' | 'legal' | 'security';
  /** `*`: all. */
  event_type: string;
  granted: boolean;
  version: string;
  given_at: string;
}

/** `POST /v1/guard/try`, a body as for `/v1/events` (with `?kind=log` plain log records): what would be kept, and why. */
export interface RehearsalReply {
  results: (
    | {
        index: number;
        accepted: true;
        record: { readonly [key: string]: unknown };
        /** `rules` that changed the value at `path`; `kept` is absent where nothing is kept. */
        fates: readonly {
          readonly path: string;
          readonly rules: readonly string[];
          readonly kept?: unknown;
        }[];
      }
    | { index: number; accepted: false; rejection: { code: string; field: string; message: string } }
  )[];
}
