import type { LogInput, WireValue } from '../../event/log-input.js';

/**
 * Where the standard log fields (requirement A-8) come from: OpenTelemetry semantic conventions, and the
 * names applications use themselves. The first attribute found wins; what is used here is not repeated under
 * `attributes`.
 */
export type FieldKind = 'text' | 'number' | 'subject' | 'path' | 'address' | 'agent';

export interface LogField {
  readonly name: string;
  readonly kind: FieldKind;
  readonly from: readonly string[];
}

const field = (name: string, kind: FieldKind, ...from: string[]): LogField => ({
  name,
  kind,
  from: [...from, name],
});

/** Under a common word that senders and packs use for things of their own: only the attribute of this name counts. */
const attribute = (name: string, from: string): LogField => ({ name, kind: 'text', from: [from] });

export const LOG_FIELDS: readonly LogField[] = [
  field('browserVersion', 'text', 'browser.version'),
  field('clientIp', 'address', 'client.address', 'net.peer.ip', 'http.client_ip', 'source.address'),
  attribute('container', 'k8s.container.name'),
  field('creditCost', 'number'),
  attribute('deployment', 'k8s.deployment.name'),
  field('durationMs', 'number', 'http.server.request.duration_ms', 'duration_ms'),
  field('environment', 'text', 'deployment.environment.name', 'deployment.environment'),
  field('errorType', 'text', 'error.type', 'exception.type'),
  field('executionId', 'text'),
  field('generationRequestId', 'text'),
  field('hostName', 'text', 'host.name'),
  field('loggerName', 'text', 'logger.name', 'log.logger'),
  field('modelName', 'text', 'gen_ai.request.model'),
  field('modelVersion', 'text', 'gen_ai.response.model'),
  attribute('namespace', 'k8s.namespace.name'),
  attribute('node', 'k8s.node.name'),
  field('orderId', 'text'),
  field('osVersion', 'text', 'os.version'),
  attribute('pod', 'k8s.pod.name'),
  field('releaseVersion', 'text', 'service.version'),
  field('requestMethod', 'text', 'http.request.method', 'http.method'),
  field('requestPath', 'path', 'url.path', 'http.route', 'http.target', 'url.full', 'http.url'),
  field('responseStatus', 'number', 'http.response.status_code', 'http.status_code'),
  field('serviceName', 'text', 'service.name'),
  field('stackTrace', 'text', 'exception.stacktrace', 'error.stack', 'stack_trace'),
  field('threadName', 'text', 'thread.name'),
  field('userAgent', 'agent', 'user_agent.original', 'http.user_agent'),
  field('userId', 'subject', 'enduser.id', 'user.id', 'user_id'),
  field('workflowId', 'text'),
];

/** Attribute → the field it is taken for, and how many names of the field go before it. */
const BY_NAME = new Map(
  LOG_FIELDS.flatMap((field) => field.from.map((name, rank) => [name, { field, rank }] as const)),
);

interface Found {
  readonly key: string;
  readonly rank: number;
  readonly value: WireValue;
}

/** The standard fields that a record has: the first name of each, of its own attributes before its resource's. */
export function standardFields(log: LogInput): Map<LogField, Found> {
  const found = new Map<LogField, Found>();
  for (const attributes of [log.attributes, log.resource])
    for (const [key, value] of attributes) {
      const place = BY_NAME.get(key);
      if (place === undefined) continue;
      const known = found.get(place.field);
      if (known === undefined || place.rank < known.rank)
        found.set(place.field, { key, rank: place.rank, value });
    }
  return found;
}

export type CorrelationField = 'correlation_id' | 'job_id' | 'request_id' | 'session_id';

/** In canonical order. */
export const LOG_CORRELATION: readonly [CorrelationField, readonly string[]][] = [
  ['correlation_id', ['correlationId', 'correlation_id', 'correlation.id', 'x-correlation-id']],
  ['job_id', ['job_id', 'jobId']],
  ['request_id', ['request_id', 'requestId', 'request.id', 'x-request-id', 'http.request_id']],
  ['session_id', ['session.id', 'session_id', 'sessionId']],
];

const LEVELS = ['DEBUG', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL'] as const;
const NAMES: readonly [RegExp, (typeof LEVELS)[number]][] = [
  [/^(?:trace|debug|verbose|fine|silly)/i, 'DEBUG'],
  [/^(?:info|notice|log)/i, 'INFO'],
  [/^warn/i, 'WARN'],
  [/^(?:fatal|crit|emerg|alert|panic)/i, 'CRITICAL'],
  [/^(?:err|severe)/i, 'ERROR'],
];

/**
 * One of the five levels (requirement A-9) from an OpenTelemetry severity number (1–24 in steps of four), or
 * from its text when there is no number.
 */
export function levelOf(severityNumber: number, severityText: string): (typeof LEVELS)[number] {
  if (severityNumber >= 1 && severityNumber <= 24)
    return LEVELS[Math.floor((severityNumber - 1) / 4)] ?? 'INFO';
  return NAMES.find(([pattern]) => pattern.test(severityText))?.[1] ?? 'INFO';
}
