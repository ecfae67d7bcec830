import { OTLP_LIMITS, OtlpDecodeError } from './model.js';

/** Wire types (protobuf.dev/programming-guides/encoding). Groups (3 and 4) are deprecated and OTLP has none. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const malformed = (what: string): OtlpDecodeError =>
  new OtlpDecodeError('malformed_protobuf', `The protobuf message is not valid: ${what}.`);

/**
 * Reads protobuf in place, without an object per message: `enter` narrows `end` to a nested message and `leave`
 * widens it again. Every read is checked against the innermost message, so a lying length costs nothing.
 */
export class Reader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #at = 0;
  #end: number;
  /** High and low half of the last `#varint64`. */
  #high = 0;
  #low = 0;
  #composites = 0;
  #values = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
  }

  /** Whether the message that was entered last has more fields. */
  more(): boolean {
    return this.#at < this.#end;
  }

  /** Goes into a length-delimited message; the answer is for `leave`. */
  enter(): number {
    const outer = this.#end;
    const from = this.#take(this.#varint32());
    this.#end = this.#at;
    this.#at = from;
    return outer;
  }

  /** Goes back to the message around; all fields of the inner one must have been read. */
  leave(outer: number): void {
    this.#end = outer;
  }

  /** `field number * 8 + wire type` of the next field. */
  tag(): number {
    const tag = this.#varint32();
    if (tag < 8) throw malformed('a field has the number 0');
    return tag;
  }

  /**
   * Passes over a field nobody asked for. `known` has a bit for each field number the message does use: one of
   * those with another wire type is refused, for skipping it would lose data silently.
   */
  skip(tag: number, known: number): void {
    const field = tag >>> 3;
    if (field < 32 && (known >>> field) & 1) throw malformed('a field has the wrong wire type');
    const type = tag & 7;
    if (type === WIRE.varint) this.#varint64();
    else if (type === WIRE.fixed64) this.#take(8);
    else if (type === WIRE.bytes) this.#take(this.#varint32());
    else if (type === WIRE.fixed32) this.#take(4);
    else throw malformed('a wire type that OTLP does not use');
  }

  /** Counts a list, map or byte string. @throws OtlpDecodeError `body_too_large`. */
  composite(): void {
    if (++this.#composites > OTLP_LIMITS.composites)
      throw new OtlpDecodeError(
        'body_too_large',
        `A request may hold at most ${OTLP_LIMITS.composites} lists, maps and byte strings.`,
      );
  }

  /** Counts an attribute, or a value in a list. @throws OtlpDecodeError `body_too_large`. */
  value(): void {
    if (++this.#values > OTLP_LIMITS.values)
      throw new OtlpDecodeError('body_too_large', `A request may hold at most ${OTLP_LIMITS.values} values.`);
  }

  bool(): boolean {
    this.#varint64();
    return (this.#low | this.#high) !== 0;
  }

  /** int32 and enums: the low 32 bits, negative numbers come as ten bytes. */
  int32(): number {
    this.#varint64();
    return this.#low | 0;
  }

  /** int64: a number where that is exact, else a bigint. */
  int64(): number | bigint {
    this.#varint64();
    const high = this.#high | 0;
    if (high >= -0x20_0000 && high < 0x20_0000) {
      const value = high * 2 ** 32 + this.#low;
      if (Number.isSafeInteger(value)) return value;
    }
    return (BigInt(high) << 32n) | BigInt(this.#low);
  }

  fixed32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  fixed64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A copy, so that a small value does not keep the whole body in memory. */
  bytes(): Uint8Array {
    this.composite();
    const from = this.#take(this.#varint32());
    return new Uint8Array(this.#bytes.subarray(from, this.#at));
  }

  /** Invalid UTF-8 becomes U+FFFD: one broken string is no reason to lose a batch of logs. */
  string(): string {
    const from = this.#take(this.#varint32());
    return this.#bytes.toString('utf8', from, this.#at);
  }

  hex(): string {
    const from = this.#take(this.#varint32());
    return this.#bytes.toString('hex', from, this.#at);
  }

  /** Moves past `length` bytes and tells where they begin. */
  #take(length: number): number {
    const from = this.#at;
    if (length > this.#end - from) throw malformed('it is cut off');
    this.#at = from + length;
    return from;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw malformed('it is cut off');
    return this.#bytes[this.#at++] as number;
  }

  /** Tags and lengths: at most five bytes, at most 32 bits. */
  #varint32(): number {
    let byte = this.#byte();
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = this.#byte();
      if (shift === 28 && byte > 0x0f) throw malformed('a number is too long');
      value = (value | ((byte & 0x7f) << shift)) >>> 0;
    }
    return value;
  }

  /** At most ten bytes; bits beyond the 64th are dropped, as in the reference implementation. */
  #varint64(): void {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte();
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw malformed('a number is too long');
  }
}
