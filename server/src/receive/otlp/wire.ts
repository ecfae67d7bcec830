import { Failure } from '../../base/errors.js';

export const malformed = (what: string): Failure =>
  new Failure('malformed_protobuf', `The protobuf message is not valid: ${what}.`);

/**
 * Reads protobuf wire format (protobuf.dev/programming-guides/encoding) in place. Every length is checked against
 * the message it stands in, so a lying length costs nothing.
 */
export class Reader {
  readonly #b: Buffer;
  at: number;
  readonly end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.#b = bytes;
    this.at = at;
    this.end = end;
  }

  get more(): boolean {
    return this.at < this.end;
  }

  /** A varint that must fit 32 bits: tags and lengths. */
  #small(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.at >= this.end) throw malformed('it is cut off');
      const byte = this.#b[this.at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed('a number is too long');
  }

  /** Field number and wire type of the next field. */
  tag(): { field: number; type: number } {
    const tag = this.#small();
    const field = Math.floor(tag / 8);
    if (field === 0) throw malformed('field number 0');
    return { field, type: tag % 8 };
  }

  /** A 64-bit varint as an unsigned integer. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) throw malformed('it is cut off');
      const byte = this.#b[this.at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed('a number is too long');
  }

  /** A varint below 2^53, as a number: enums, flags, small integers. */
  number(): number {
    let value = 0;
    let scale = 1;
    const start = this.at;
    for (let i = 0; i < 7; i++) {
      if (this.at >= this.end) throw malformed('it is cut off');
      const byte = this.#b[this.at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    this.at = start;
    return Number(this.varint());
  }

  fixed64(): bigint {
    return this.#b.readBigUInt64LE(this.#take(8));
  }

  double(): number {
    return this.#b.readDoubleLE(this.#take(8));
  }

  #take(bytes: number): number {
    const at = this.at;
    if (at + bytes > this.end) throw malformed('it is cut off');
    this.at += bytes;
    return at;
  }

  /** A reader of the nested message that begins here. */
  message(): Reader {
    const length = this.#small();
    const at = this.#take(length);
    return new Reader(this.#b, at, at + length);
  }

  bytes(): Buffer {
    const length = this.#small();
    const at = this.#take(length);
    return this.#b.subarray(at, at + length);
  }

  /** Invalid UTF-8 becomes U+FFFD: one broken string is no reason to lose a batch of logs. */
  string(): string {
    const length = this.#small();
    const at = this.#take(length);
    return this.#b.toString('utf8', at, at + length);
  }

  hex(): string {
    const length = this.#small();
    const at = this.#take(length);
    return this.#b.toString('hex', at, at + length);
  }

  /** Passes over a field that is not known here. Groups (types 3 and 4) are long deprecated and not sent. */
  skip(type: number): void {
    if (type === 0) this.varint();
    else if (type === 1) this.#take(8);
    else if (type === 2) this.message();
    else if (type === 5) this.#take(4);
    else throw malformed('a wire type that OTLP does not use');
  }

  /** Refuses a known field that comes with another wire type than its own. */
  expect(type: number, wanted: number): void {
    if (type !== wanted) throw malformed('a field has the wrong wire type');
  }
}
