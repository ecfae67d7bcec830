import type { LogInput, WireValue } from '../../event/log-input.js';

/** A log record as people write one down: in samples of packs, and in rehearsals. */
export interface PlainLog {
  readonly level?: string;
  readonly message?: unknown;
  readonly service?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** As if it had come over the wire; null when it is no object. */
export function fromPlainLog(value: unknown, now: number): LogInput | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { level, message, service, attributes } = value as PlainLog;
  return {
    timeUnixNano: BigInt(now) * 1_000_000n,
    observedTimeUnixNano: 0n,
    severityNumber: 0,
    severityText: typeof level === 'string' ? level : '',
    body: wire(message),
    attributes: new Map(Object.entries(attributes ?? {}).map(([key, member]) => [key, wire(member)])),
    resource: new Map(service === undefined ? [] : [['service.name', wire(service)]]),
    scopeName: '',
    scopeVersion: '',
    scopeAttributes: new Map(),
    traceId: '',
    spanId: '',
    eventName: '',
  };
}

function wire(value: unknown): WireValue {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return value.map(wire);
  if (typeof value === 'object') return new Map(Object.entries(value).map(([k, v]) => [k, wire(v)]));
  return value as WireValue;
}
