import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pack, Sample } from './model.js';

/** The pack's own sample events, `samples/*.ndjson`, one {@link Sample} a line. */
export function loadSamples(pack: Pack): Sample[] {
  const dir = join(pack.dir, 'samples');
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .flatMap((name) => readFileSync(join(dir, name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as Sample);
}

/**
 * An event sample as it is posted. One of a foreign shape brings its own time, and has its id from its source.
 * @param eventId for a sample that names none
 * @param now milliseconds since 1970
 */
export function sampleEvent({ event, source, ago }: Sample, eventId: string, now: number): unknown {
  if (source !== undefined) return event;
  return { event_id: eventId, ...event, occurred_at: new Date(now - ago * 1_000).toISOString() };
}

/** Log samples as one OTLP/JSON request to `/v1/logs`, a resource each. @param now milliseconds since 1970 */
export function sampleLogs(samples: readonly Sample[], now: number): unknown {
  return {
    resourceLogs: samples.flatMap(({ log, ago }) => {
      if (log === undefined) return [];
      const record = {
        timeUnixNano: `${now - ago * 1_000}000000`,
        severityText: log.level,
        body: { stringValue: log.message },
        attributes: keyValues(log.attributes ?? {}),
      };
      return [
        {
          resource: { attributes: keyValues({ 'service.name': log.service }) },
          scopeLogs: [{ logRecords: [record] }],
        },
      ];
    }),
  };
}

const keyValues = (members: object): unknown[] =>
  Object.entries(members).map(([key, value]) => ({ key, value: anyValue(value) }));

/** opentelemetry/proto/common/v1 `AnyValue`. */
function anyValue(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return { doubleValue: value };
    case 'object':
      if (value === null) return {};
      return Array.isArray(value)
        ? { arrayValue: { values: value.map(anyValue) } }
        : { kvlistValue: { values: keyValues(value) } };
    default:
      return {};
  }
}
