export type OtlpEncoding = 'protobuf' | 'json';

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest > 127) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...out, rest];
}

const bytesField = (field: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from([field * 8 + 2, ...varint(bytes.length)]), bytes]);
const numberField = (field: number, value: number): Uint8Array => Buffer.from([field * 8, ...varint(value)]);

/** ExportLogsServiceResponse; `partial_success` only when records were refused or there is something to say. */
export function encodeLogsResponse(
  outcome: { rejected: number; message: string },
  encoding: OtlpEncoding,
): Uint8Array {
  const partial = outcome.rejected > 0 || outcome.message !== '';
  if (encoding === 'json') {
    const success = { rejectedLogRecords: String(outcome.rejected), errorMessage: outcome.message };
    return Buffer.from(JSON.stringify(partial ? { partialSuccess: success } : {}));
  }
  if (!partial) return new Uint8Array();
  return bytesField(
    1,
    Buffer.concat([numberField(1, outcome.rejected), bytesField(2, Buffer.from(outcome.message))]),
  );
}

/** google.rpc.Status, the body of an OTLP error. */
export function encodeStatus(code: number, message: string, encoding: OtlpEncoding): Uint8Array {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }));
  return Buffer.concat([numberField(1, code), bytesField(2, Buffer.from(message))]);
}
