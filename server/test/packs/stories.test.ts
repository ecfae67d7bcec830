import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CorrelationReply, IngestReply, SearchReply, StoredRecord } from '../../src/api/contract.js';
import { loadPack } from '../../src/pack/load.js';
import type { Sample } from '../../src/pack/model.js';
import { loadSamples, sampleEvent } from '../../src/pack/samples.js';
import { uuid7 } from '../support/events.js';
import { Program, ROOT, removeDir, tempDir } from '../support/program.js';

/** What the acceptance walks of the packs read, in the samples as a tenant has them. */
let program: Program;
const data = tempDir();
beforeAll(async () => {
  program = await Program.start(data);
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
});

type Kept = StoredRecord & {
  readonly actor: { readonly id: string };
  readonly correlation: { readonly correlation_id: string };
  readonly metadata: { readonly details: { readonly [field: string]: unknown } };
};

async function loaded(name: string): Promise<{ key: string; samples: Sample[] }> {
  const { key } = await program.tenant(name, [name]);
  const samples = loadSamples(loadPack(join(ROOT, 'packs', name))).filter(
    ({ expect: code, event, source }) => code === 'accepted' && event !== undefined && source === undefined,
  );
  const now = Date.now();
  const reply = await program.post<IngestReply>(
    '/v1/events?wait=sealed',
    key,
    samples.map((sample) => sampleEvent(sample, uuid7(), now)),
  );
  expect(reply.body.accepted).toBe(samples.length);
  return { key, samples };
}

async function search(key: string, query: string, streams: string[] = []): Promise<Kept[]> {
  const { body } = await program.post<SearchReply>('/v1/search', key, { query, streams, limit: 1_000 });
  return body.records as Kept[];
}

describe('contact-integrity', () => {
  let key: string;
  let samples: Sample[];
  let reversal: Kept;
  beforeAll(async () => {
    ({ key, samples } = await loaded('contact-integrity'));
    // The one that began with failed payments.
    const failed = new Set(
      (await search(key, 'event_type:transaction.failed')).map((r) => r.correlation.correlation_id),
    );
    const reversals = await search(key, 'event_type:enforcement.action_reversed');
    reversal = reversals.find((r) => failed.has(r.correlation.correlation_id)) as Kept;
  });

  it('message, payment, signal, decision, appeal and reversal are read end to end under one correlation', async () => {
    const { correlation_id } = reversal.correlation;
    const { body } = await program.get<CorrelationReply>(`/v1/correlation/${correlation_id}`, key);
    const steps = body.records.map((record) => record.event_type);
    const order = [
      'message.created',
      'transaction.initiated',
      'transaction.failed',
      'risk.signal_raised',
      'enforcement.action_applied',
      'enforcement.explanation_given',
      'appeal.submitted',
      'appeal.resolved',
      'enforcement.action_reversed',
    ];
    expect(steps.filter((step, i) => order.includes(step) && steps.indexOf(step) === i)).toEqual(order);
    expect([...new Set(body.records.map((record) => record.stream))].sort()).toEqual([
      'administration',
      'decisions',
      'domain',
      'signals',
    ]);
  });

  it('the decision knows its reversal, and says why in plain words', async () => {
    const { body } = await program.get<Kept>(`/v1/events/${reversal.corrects}`, key);
    expect(body.corrected_by).toEqual([reversal.event_id]);
    expect(body.metadata.details.decision_id).toBe(reversal.metadata.details.decision_id);
    expect(body.metadata.details.affected_user_id).toBe(reversal.metadata.details.affected_user_id);
    expect(body.metadata.details.explanation).toMatch(/^Your message offered .* You can appeal/);
  });

  it('a person is found by the real id where they are what it was done to', async () => {
    const changed = samples.find(({ event }) => event?.event_type === 'user.status_changed');
    const entity = changed?.event?.entity as { id: string } | undefined;
    const id = entity?.id ?? '';
    const found = await search(key, `entity.id:${id}`);
    expect(found.length).toBeGreaterThan(0);
    expect(JSON.stringify(found)).not.toContain(id);
  });
});

describe('company-governance', () => {
  let key: string;
  beforeAll(async () => {
    ({ key } = await loaded('company-governance'));
  });

  it('the forensics query by person, action and time finds what was done, and is itself recorded', async () => {
    const query = 'actor.id:li.wei@example.org (action:dataset_accessed OR action:export_requested)';
    const { body } = await program.post<SearchReply>(
      '/v1/search',
      key,
      { query, from: 'now-6h', to: 'now', streams: ['audit'] },
      { 'x-prooflog-justification': 'case-17' },
    );
    const found = body.records as Kept[];
    expect(found.filter((r) => r.action === 'dataset_accessed').length).toBeGreaterThanOrEqual(8);
    expect(new Set(found.map((r) => r.actor.id)).size).toBe(1);
    const reads = await program.eventually(
      () => search(key, 'action:records_searched justification:case-17', ['access']),
      (records) => records.length > 0,
    );
    expect(reads[0]?.metadata.details.returned).toBe(found.length);
  });

  it('every approval that was asked for can be timed to its decision', async () => {
    const asked = await search(key, 'action:request_submitted correlation_id:approval-*');
    const decided = await search(
      key,
      '(action:approval_granted OR action:approval_denied) correlation_id:approval-*',
    );
    const at = new Map(decided.map((r) => [r.correlation.correlation_id, r]));
    expect(asked.length).toBeGreaterThanOrEqual(5);
    for (const request of asked) {
      const decision = at.get(request.correlation.correlation_id);
      expect(decision?.metadata.details.policy_type).toBe(request.metadata.details.policy_type);
      expect(Date.parse(decision?.occurred_at ?? '')).toBeGreaterThan(Date.parse(request.occurred_at));
    }
  });
});

describe('video-marketplace', () => {
  let key: string;
  beforeAll(async () => {
    ({ key } = await loaded('video-marketplace'));
  });

  it('a demand for erasure leads to its end, with what had to be kept', async () => {
    const [done] = await search(key, 'event_type:dsar.erasure_completed');
    const id = done?.correlation.correlation_id ?? '';
    const { body } = await program.get<CorrelationReply>(`/v1/correlation/${id}`, key);
    expect(body.records.map((record) => record.event_type)).toEqual([
      'dsar.erasure_requested',
      'account.anonymised',
      'dsar.erasure_completed',
    ]);
  });

  it('an auction is followed to its payment and payout, amounts as ranges', async () => {
    const [payout] = await search(key, 'event_type:payout.sent');
    const { body } = await program.get<CorrelationReply>(
      `/v1/correlation/${payout?.correlation.correlation_id}`,
      key,
    );
    const types = body.records.map((record) => record.event_type);
    for (const type of ['video.published', 'auction.created', 'auction.bid_placed', 'payment.processed'])
      expect(types).toContain(type);
    expect(payout?.metadata.details.amount_bucket).toMatch(/^(?:<10|\d+-\d+|>=5000)$/);
  });
});
