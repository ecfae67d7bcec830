import type { LogInput } from '../../event/log-input.js';
import { decodeLogsJson } from './decode-json.js';
import { decodeLogsProtobuf } from './decode-protobuf.js';
import type { OtlpEncoding } from './reply.js';

export { encodeLogsResponse, encodeStatus, type OtlpEncoding } from './reply.js';

/** The log records of an OTLP/HTTP body. @throws Failure as the decoder of the encoding does. */
export function decodeOtlpLogs(body: Buffer, encoding: OtlpEncoding): LogInput[] {
  return encoding === 'protobuf' ? decodeLogsProtobuf(body) : decodeLogsJson(body);
}
