/**
 * Writes the fixtures of this folder: `node server/src/receive/otlp/testdata/generate.js`.
 * `edges.{bin,json}` hold one request in both encodings, made by protobufjs and by JSON.stringify;
 * `sdk.{bin,json}` are bodies the unmodified OpenTelemetry SDK sent. The `*.expected.json` are written by hand.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { trace, ROOT_CONTEXT } from '@opentelemetry/api';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { request } from './schema.js';

const file = (name) => new URL(`./${name}`, import.meta.url);

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

/** The same request for both encodings; only bytes are written differently. */
function edges(id, bytes) {
  const kv = (key, value) => ({ key, value });
  const logs = [
    {
      timeUnixNano: '1790000000123456789',
      observedTimeUnixNano: '18446744073709551615',
      severityNumber: 17,
      severityText: 'ERROR',
      body: { stringValue: 'Zahlung für „Ünïcode“ 💳 failed' },
      traceId: id(TRACE),
      spanId: id(SPAN),
      flags: 1,
      eventName: 'payment.failed',
      droppedAttributesCount: 3,
      attributes: [
        kv('__proto__', { stringValue: 'polluted' }),
        kv('constructor', { kvlistValue: { values: [kv('prototype', { boolValue: true })] } }),
        kv('', { stringValue: '' }),
        kv('int.max', { intValue: '9223372036854775807' }),
        kv('int.min', { intValue: '-9223372036854775808' }),
        kv('int.safe', { intValue: '-9007199254740991' }),
        kv('double', { doubleValue: -0.1 }),
        kv('bool', { boolValue: false }),
        kv('bytes', { bytesValue: bytes([0, 255, 16]) }),
        kv('empty', {}),
        kv('list', {
          arrayValue: { values: [{ intValue: '1' }, { stringValue: 'two' }, {}, { arrayValue: { values: [] } }] },
        }),
      ],
    },
    { body: { kvlistValue: { values: [kv('step', { intValue: '2' })] } }, traceId: id('0'.repeat(32)), spanId: id('ab') },
    {},
  ];
  const scope = { name: 'shop', version: '1.2.3', attributes: [kv('scope.kind', { stringValue: 'library' })] };
  return {
    resourceLogs: [
      {
        resource: { attributes: [kv('service.name', { stringValue: 'shop' })] },
        scopeLogs: [{ scope, logRecords: logs, schemaUrl: 'https://opentelemetry.io/schemas/1.30.0' }],
      },
      { scopeLogs: [{ logRecords: [{ severityText: 'no resource, no scope' }] }] },
    ],
  };
}

/** One body as the SDK's own exporter sends it. */
async function sdkBody(Exporter) {
  const chunks = [];
  const server = createServer((req, res) => {
    req.on('data', (chunk) => chunks.push(chunk)).on('end', () => res.writeHead(200).end());
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const exporter = new Exporter({ url: `http://127.0.0.1:${server.address().port}/v1/logs`, keepAlive: false });
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop', 'process.pid': 42 }),
    processors: [new SimpleLogRecordProcessor(exporter)],
  });
  provider.getLogger('shop.checkout', '2.0.0').emit({
    timestamp: [1790000000, 123456789],
    observedTimestamp: [1790000001, 5],
    severityNumber: 9,
    severityText: 'INFO',
    eventName: 'order.placed',
    body: { order: 7, lines: ['a', 'b'] },
    attributes: { total: 12.5, paid: true, count: 3, raw: new Uint8Array([1, 2, 254]), none: undefined },
    context: trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE, spanId: SPAN, traceFlags: 1 }),
  });
  await provider.forceFlush();
  await provider.shutdown();
  await new Promise((done) => server.close(done));
  return Buffer.concat(chunks);
}

const bin = edges(
  (hex) => Buffer.from(hex, 'hex'),
  (list) => Buffer.from(list),
);
const json = edges(
  (hex) => hex.toUpperCase(),
  (list) => Buffer.from(list).toString('base64'),
);
writeFileSync(file('edges.bin'), request.encode(bin));
writeFileSync(file('edges.json'), `${JSON.stringify(json, null, 1)}\n`);
writeFileSync(file('sdk.bin'), await sdkBody(ProtobufExporter));
writeFileSync(file('sdk.json'), await sdkBody(JsonExporter));
