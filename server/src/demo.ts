import { createHash } from 'node:crypto';
import type { TenantInfo } from './access/tenants.js';
import { PLATFORM_PACK } from './api/access-log.js';
import type { CreatedKey, IngestReply, Tenant } from './api/contract.js';
import { derivedUuid, formatUuid } from './base/uuid.js';
import type { OpenEngine } from './build/engine.js';
import { Client } from './cli/client.js';
import type { Pack, Sample } from './pack/model.js';
import { loadSamples, sampleEvent, sampleLogs } from './pack/samples.js';

export interface DemoResult {
  readonly tenant: TenantInfo;
  readonly sent: number;
  readonly accepted: number;
  readonly duplicates: number;
}

const BATCH = 50;

/**
 * Sends the samples of all packs into the tenant `demo`, through the HTTP API like any other sender. Their ids are
 * derived from the tenant and their place, so sending them again changes nothing.
 */
export async function loadDemo(
  engine: OpenEngine,
  url: string,
  adminToken: string,
  progress: (done: number, all: number) => void,
): Promise<DemoResult> {
  const packs = [...engine.packs.values()].filter((pack) => pack.name !== PLATFORM_PACK);
  const admin = new Client(url, adminToken);
  if (engine.tenants.find('demo') === undefined)
    await admin.call<Tenant>('POST', '/v1/tenants', {
      slug: 'demo',
      packs: packs.map((pack) => pack.name),
    });
  const tenant = engine.tenants.find('demo') as TenantInfo;
  const { id, key } = await admin.call<CreatedKey>('POST', '/v1/keys', {
    tenant: tenant.id,
    role: 'ingest',
    label: 'samples',
  });
  const samples = packs.flatMap(samplesOf).filter((sample) => sample.expect === 'accepted');
  const logs = samples.filter((sample) => sample.log !== undefined);
  const now = Date.now();
  const sender = new Client(url, key);
  let accepted = 0;
  let duplicates = 0;
  for (const { path, events } of batches(samples, tenant, now)) {
    const reply = await sender.call<IngestReply>('POST', path, events);
    accepted += reply.accepted;
    duplicates += reply.duplicates;
    progress(accepted + duplicates, samples.length);
  }
  // Logs have no ids by which a second load would be noticed; the events beside them have.
  if (duplicates > 0) duplicates += logs.length;
  else if (logs.length > 0) {
    await sender.call('POST', '/v1/logs', sampleLogs(logs, now));
    accepted += logs.length;
  }
  progress(samples.length, samples.length);
  await admin.call('DELETE', `/v1/keys/${id}`);
  return { tenant, sent: samples.length, accepted, duplicates };
}

/** Two packs may have a source of one name. */
const samplesOf = (pack: Pack): Sample[] =>
  loadSamples(pack).map(({ source, ...sample }) =>
    source === undefined ? sample : { ...sample, source: `${pack.name}/${source}` },
  );

interface Batch {
  readonly path: string;
  readonly events: readonly unknown[];
}

/** Events of all packs, oldest first as they would have come, then those of each foreign shape. */
function* batches(
  samples: ReturnType<typeof loadSamples>,
  tenant: TenantInfo,
  now: number,
): Generator<Batch> {
  const paths = new Map<string, { ago: number; event: unknown }[]>();
  for (const [i, sample] of samples.entries()) {
    if (sample.event === undefined) continue;
    const path = sample.source === undefined ? '/v1/events' : `/v1/events?source=${sample.source}`;
    const event = sampleEvent(sample, placeId(tenant, i), now);
    const list = paths.get(path) ?? [];
    list.push({ ago: sample.ago, event });
    paths.set(path, list);
  }
  for (const [path, list] of paths) {
    const events = list.sort((a, b) => b.ago - a.ago).map(({ event }) => event);
    for (let i = 0; i < events.length; i += BATCH) yield { path, events: events.slice(i, i + BATCH) };
  }
}

function placeId(tenant: TenantInfo, index: number): string {
  const digest = createHash('sha256').update(`${tenant.id} ${index}`).digest();
  return formatUuid(derivedUuid(Date.parse(tenant.created_at), digest));
}
