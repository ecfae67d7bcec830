import type { JsonErrorCode } from '@prooflog/proof';
import { Failure } from '../../base/errors.js';
import type { LogInput, WireAttributes, WireValue } from '../../event/log-input.js';
import { LIMITS } from '../http/limits.js';

/** The value of an attribute or body (opentelemetry/proto/common/v1 `AnyValue`), as it came over the wire. */
export type OtlpValue = WireValue;

/** Attributes by key. Wire keys never become object properties. */
export type OtlpAttributes = WireAttributes;

/**
 * One OTLP log record with its resource and scope, attribute values still raw (unguarded). The records of one
 * `ResourceLogs` share one `resource` map, those of one `ScopeLogs` one `scopeAttributes` map.
 */
export interface OtlpLog extends LogInput {
  /** W3C trace flags in the low byte. */
  readonly flags: number;
}

/** A log record while a decoder fills it. */
export type LogDraft = { -readonly [K in keyof OtlpLog]: OtlpLog[K] };

/** Of a record that has none, for a map of its own is larger than the record. Nothing may be put in. */
export const NO_ATTRIBUTES: OtlpAttributes = new Map();

/** A record with nothing set, of the one shape that all decoded records have. */
export const emptyLog = (resource: OtlpAttributes, scopeAttributes: OtlpAttributes): LogDraft => ({
  timeUnixNano: 0n,
  observedTimeUnixNano: 0n,
  severityNumber: 0,
  severityText: '',
  body: undefined,
  attributes: NO_ATTRIBUTES,
  resource,
  scopeName: '',
  scopeVersion: '',
  scopeAttributes,
  traceId: '',
  spanId: '',
  eventName: '',
  flags: 0,
});

export type OtlpDecodeCode = JsonErrorCode | 'malformed_protobuf' | 'not_utf8' | 'body_too_large';

/** Why a body is no OTLP logs request. The message repeats nothing of the body. */
export class OtlpDecodeError extends Failure {
  declare readonly code: OtlpDecodeCode;

  constructor(code: OtlpDecodeCode, message: string) {
    super(code, message);
  }
}

export const OTLP_LIMITS = {
  /** Lists and maps inside each other in one value. */
  depth: 32,
  /**
   * Records of one request. An empty record takes two bytes on the wire and some hundred in memory: without this
   * a body of allowed size could use up the memory.
   */
  records: LIMITS.items,
  /** Lists, maps and byte strings in the values of one protobuf request, for the same reason: 250 bytes each. */
  composites: 2 ** 17,
  /** Attributes and values in lists of one protobuf request. */
  values: 2 ** 20,
} as const;

export const tooDeep = (): OtlpDecodeError =>
  new OtlpDecodeError('too_deep', `Values may be nested at most ${OTLP_LIMITS.depth} deep.`);

/** @throws OtlpDecodeError `body_too_large` when a request has more records than it may. */
export function checkRecords(count: number): void {
  if (count > OTLP_LIMITS.records)
    throw new OtlpDecodeError('body_too_large', `A request may hold at most ${OTLP_LIMITS.records} records.`);
}

/** The hex digits of an id, or '' when its length is wrong or all digits are zero (W3C Trace Context §3.2.2). */
export const idOf = (hex: string, digits: 16 | 32): string =>
  hex.length === digits && /[^0]/.test(hex) ? hex : '';
