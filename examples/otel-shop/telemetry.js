import { DiagLogLevel, diag } from '@opentelemetry/api';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';

/** @typedef {ConstructorParameters<typeof ProtobufExporter>[0]} ProtobufConfig */

/**
 * What became of the exported records.
 * @typedef {object} Delivery
 * @property {number} sent Records in requests that the server took.
 * @property {string[]} failures One message for each export that failed or was taken only in part.
 */

/**
 * The settings, from the environment.
 * @returns {{ url: string, key: string, encoding: 'protobuf' | 'json' }}
 */
export function settings() {
  const encoding = process.env.OTLP_ENCODING ?? 'protobuf';
  if (encoding !== 'protobuf' && encoding !== 'json')
    throw new Error('OTLP_ENCODING must be protobuf or json.');
  const base = process.env.PROOFLOG_URL ?? 'http://127.0.0.1:7117';
  return { url: `${base.replace(/\/+$/, '')}/v1/logs`, key: process.env.PROOFLOG_KEY ?? '', encoding };
}

/**
 * A logger provider that sends to Prooflog, and a count of what arrived.
 * @param {ReturnType<typeof settings>} options
 */
export function startTelemetry({ url, key, encoding }) {
  /** @type {Delivery} */
  const delivery = { sent: 0, failures: [] };
  const headers = key === '' ? {} : { Authorization: `Bearer ${key}` };
  // The enum of compressions is not exported by the exporter's package; this is its value.
  const gzip = /** @type {ProtobufConfig} */ (/** @type {unknown} */ ({ compression: 'gzip' }));
  const exporter =
    encoding === 'json'
      ? new JsonExporter({ url, headers })
      : new ProtobufExporter({ url, headers, ...gzip });
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({
      'service.name': 'otel-shop',
      'service.version': '1.0.0',
      'deployment.environment.name': 'example',
    }),
    processors: [new BatchLogRecordProcessor(watched(exporter, delivery), { maxExportBatchSize: 64 })],
  });
  watchPartialSuccess(delivery);
  return { provider, delivery };
}

/**
 * The exporter with its results noted: the SDK itself drops a batch that fails.
 * @param {import('@opentelemetry/sdk-logs').LogRecordExporter} exporter
 * @param {Delivery} delivery
 * @returns {import('@opentelemetry/sdk-logs').LogRecordExporter}
 */
function watched(exporter, delivery) {
  return {
    export(records, done) {
      exporter.export(records, (result) => {
        if (result.code === 0) delivery.sent += records.length;
        else delivery.failures.push(result.error?.message || 'the server does not answer');
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}

/**
 * The exporter counts a partial success as a success and tells of it only in its diagnostics.
 * @param {Delivery} delivery
 */
function watchPartialSuccess(delivery) {
  const ignore = () => {};
  /** @param {string} message @param {unknown[]} details */
  const warn = (message, ...details) => {
    const text = [message, ...details].map(String).join(' ');
    if (text.includes('Partial Success')) delivery.failures.push(text);
  };
  diag.setLogger(
    { error: ignore, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
