import type { LogInput } from '../../event/log-input.js';
import { decodeLogsJson } from './decode-json.js';
import { decodeLogsProtobuf } from './decode-protobuf.js';
import type { OtlpEncoding } from './reply.js';

export { encodeLogsResponse, encodeStatus, type OtlpEncoding } from './reply.js';

/** The log records of an OTLP/HTTP body. @throws Failure `malformed_protobuf`, `malformed_json`, `too_deep`, `body_too_large`. */
export function decodeOtlpLogs(body: Buffer, encoding: OtlpEncoding): LogInput[] {
  return encoding === 'protobuf' ? decodeLogsProtobuf(body) : decodeLogsJson(body.toString('utf8'));
}
