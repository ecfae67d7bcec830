/**
 * Every error a person or a client can meet, once. `retry` decides for all protocols whether the sender
 * should try again; `status` is the HTTP face of it.
 */
interface ErrorKind {
  readonly status: number;
  readonly retry: boolean;
  readonly title: string;
}

const bad = (title: string): ErrorKind => ({ status: 400, retry: false, title });

export const ERRORS = {
  // bodies
  malformed_json: bad('The JSON cannot be read'),
  duplicate_key: bad('A key stands twice in one object'),
  lone_surrogate: bad('A string holds half of a surrogate pair'),
  number_out_of_range: bad('A number cannot be kept exactly'),
  too_deep: bad('The nesting is too deep'),
  not_utf8: bad('The bytes are not UTF-8'),
  malformed_protobuf: bad('The protobuf message cannot be read'),
  malformed_encoding: bad('The content encoding is broken'),
  unsupported_encoding: { status: 415, retry: false, title: 'The content encoding is not supported' },
  unsupported_media_type: { status: 415, retry: false, title: 'The content type is not supported' },
  body_too_large: { status: 413, retry: false, title: 'The body is too large' },
  empty_body: bad('There is nothing in the body'),
  // items
  not_an_object: bad('The item is not a JSON object'),
  missing_field: bad('A required field is missing'),
  undeclared_field: bad('A field is not declared'),
  wrong_type: bad('A field has the wrong type'),
  bad_value: bad('A value is not allowed here'),
  bad_format: bad('A value does not have the required form'),
  too_long: bad('A value is too long'),
  record_too_large: bad('The record is larger than a ledger entry may be'),
  timestamp_out_of_range: bad('The time lies outside what is accepted'),
  unknown_action: bad('No enabled pack declares this action'),
  unknown_version: bad('The pack does not know this version of the event'),
  unknown_source: bad('No enabled pack declares this source'),
  unknown_pack: bad('There is no pack of this name'),
  wrong_stream: bad('The action belongs to another stream'),
  wrong_region: { status: 421, retry: false, title: 'The region is served elsewhere' },
  wrong_jurisdiction: bad('The pack is not for the region of the tenant'),
  wrong_tenant: { status: 403, retry: false, title: 'The credential belongs to another tenant' },
  no_consent: bad('The person has not agreed to this'),
  unsafe_metadata: bad('metadata.safe_fields_only must be true'),
  // requests
  bad_request: bad('The request is not understood'),
  query_syntax: bad('The query cannot be read'),
  query_too_complex: bad('The query is too complex'),
  unknown_field: bad('The field is not known'),
  bad_cursor: bad('The cursor is not valid for this search'),
  bad_time: bad('The time cannot be read'),
  export_too_large: { status: 413, retry: false, title: 'The export is too large' },
  unauthenticated: { status: 401, retry: false, title: 'A valid credential is needed' },
  forbidden: { status: 403, retry: false, title: 'The credential does not allow this' },
  expired: { status: 410, retry: false, title: 'Its time was over' },
  not_found: { status: 404, retry: false, title: 'There is nothing here' },
  method_not_allowed: { status: 405, retry: false, title: 'The method is not allowed' },
  quarantined: { status: 451, retry: false, title: 'It is withheld because of a privacy incident' },
  legal_hold: { status: 409, retry: false, title: 'A hold forbids it' },
  conflict: { status: 409, retry: false, title: 'It exists already' },
  // the witness (statuses of c2sp.org/tlog-witness)
  unknown_log: { status: 404, retry: false, title: 'The witness does not know this log' },
  untrusted_checkpoint: { status: 403, retry: false, title: 'The checkpoint is not signed by its log' },
  inconsistent: { status: 422, retry: false, title: 'The proof does not show that the log only grew' },
  // own state
  journal_busy: { status: 429, retry: true, title: 'Too much is under way' },
  too_many_exports: { status: 429, retry: true, title: 'Too many exports are under way' },
  storage_full: { status: 503, retry: true, title: 'The disk is full' },
  storage_failed: { status: 503, retry: true, title: 'The disk does not take writes' },
  search_unavailable: { status: 503, retry: true, title: 'The search store does not answer' },
  not_sealed: { status: 503, retry: true, title: 'The record is not sealed yet' },
  not_cosigned: { status: 503, retry: true, title: 'Witnesses have not cosigned it yet' },
  timeout: { status: 503, retry: true, title: 'It took too long' },
  shutting_down: { status: 503, retry: true, title: 'The server is stopping' },
  key_service_failed: { status: 503, retry: true, title: 'The key service does not do its part' },
  internal: { status: 500, retry: true, title: 'Something went wrong here' },
  // start-up and tools (never over HTTP)
  bad_setting: bad('A setting is wrong'),
  data_unusable: bad('The data directory cannot be used'),
  port_taken: bad('The address is taken'),
  journal_corrupt: bad('The journal is damaged'),
  ledger_conflict: bad('A ledger file differs from what the journal says'),
  bad_pack: bad('A pack is wrong'),
  archive_unusable: bad('The bucket cannot be the archive'),
  archive_conflict: bad('The archive has something else than the ledger'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** Why one item was refused. `field` is a dotted path; `message` never repeats a value. */
export interface Rejection {
  readonly code: ErrorCode;
  readonly field: string;
  readonly message: string;
}

/** A failure of a whole request or command. The message is safe to show and to log. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: ErrorCode;
  readonly field: string;

  constructor(code: ErrorCode, message: string, options: { field?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.field = options.field ?? '';
  }

  get retry(): boolean {
    return ERRORS[this.code].retry;
  }
}

/** The code of a system error (`ENOSPC`), or '' for anything else. */
export function systemCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return '';
}

/** What a failed write means to a sender: both are worth a retry, a full disk says so. */
export function storageFailure(error: unknown): Failure {
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Failure('storage_full', 'The disk is full; nothing of this request was kept.', {
      cause: error,
    });
  return new Failure(
    'storage_failed',
    `The disk refused a write (${code || 'unknown'}); nothing of this request was kept.`,
    {
      cause: error,
    },
  );
}
