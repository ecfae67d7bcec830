/** An attribute value as it came over the wire. Keys stay in Maps: they never become object properties. */
export type WireValue =
  | undefined
  | string
  | boolean
  | number
  | bigint
  | Uint8Array
  | WireValue[]
  | WireAttributes;
export type WireAttributes = Map<string, WireValue>;

/** One log record of any protocol, decoded and not yet guarded. */
export interface LogInput {
  readonly timeUnixNano: bigint;
  readonly observedTimeUnixNano: bigint;
  /** OpenTelemetry severity number, 0 when unknown. */
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: WireValue;
  readonly attributes: WireAttributes;
  readonly resource: WireAttributes;
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly scopeAttributes: WireAttributes;
  /** 32 hex digits, or ''. */
  readonly traceId: string;
  /** 16 hex digits, or ''. */
  readonly spanId: string;
  readonly eventName: string;
}
