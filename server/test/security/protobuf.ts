/** Protobuf written by hand: an encoder refuses to write what these tests send. */

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}

/** The head of a length-delimited field. */
export const head = (number: number, length: bigint): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2]), varint(length)]);

export const field = (number: number, content: Buffer): Buffer =>
  Buffer.concat([head(number, BigInt(content.length)), content]);

/** A log record whose body holds maps inside each other. */
export function nested(depth: number): Buffer {
  // AnyValue.kvlist_value, KeyValueList.values, KeyValue.value; around it ResourceLogs, ScopeLogs, LogRecord, body.
  const path = [1, 2, 2, 5, ...Array.from({ length: depth }, () => [6, 1, 2]).flat()];
  const heads: Buffer[] = [];
  let length = 0;
  for (const number of path.reverse()) {
    const one = head(number, BigInt(length));
    heads.push(one);
    length += one.length;
  }
  return Buffer.concat(heads.reverse());
}
