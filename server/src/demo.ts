import { createHash } from 'node:crypto';
import type { TenantInfo } from './access/tenants.js';
import { PLATFORM_PACK } from './api/access-log.js';
import type { CreatedKey, IngestReply, Tenant } from './api/contract.js';
import { derivedUuid, formatUuid } from './base/uuid.js';
import type { OpenEngine } from './build/engine.js';
import { Client } from './cli/client.js';
import type { Sample } from './pack/model.js';
import { loadSamples } from './pack/samples.js';

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
      region: 'eu',
    });
  const tenant = engine.tenants.find('demo') as TenantInfo;
  const { id, key } = await admin.call<CreatedKey>('POST', '/v1/keys', {
    tenant: tenant.id,
    role: 'ingest',
    label: 'samples',
  });
  const samples = packs
    .flatMap(loadSamples)
    .filter((sample) => sample.expect === 'accepted' && sample.source === undefined);
  const events = samples.map((sample, i) => eventOf(sample, i, tenant));
  const sender = new Client(url, key);
  let accepted = 0;
  let duplicates = 0;
  for (let i = 0; i < events.length; i += BATCH) {
    const reply = await sender.call<IngestReply>('POST', '/v1/events', events.slice(i, i + BATCH));
    accepted += reply.accepted;
    duplicates += reply.duplicates;
    progress(Math.min(i + BATCH, events.length), events.length);
  }
  await admin.call('DELETE', `/v1/keys/${id}`);
  return { tenant, sent: events.length, accepted, duplicates };
}

function eventOf(sample: Sample, index: number, tenant: TenantInfo): unknown {
  const digest = createHash('sha256').update(`${tenant.id} ${index}`).digest();
  return {
    ...sample.event,
    event_id: formatUuid(derivedUuid(Date.parse(tenant.created_at), digest)),
    occurred_at: new Date(Date.now() - sample.ago * 1_000).toISOString(),
  };
}
