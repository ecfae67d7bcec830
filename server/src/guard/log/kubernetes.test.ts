import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogInput, WireValue } from '../../event/log-input.js';
import { Guard, type GuardedLogs } from '../index.js';

const SECRETS = { pseudonym: () => 'sub_x', digest: () => 'd', seal: () => 's' };
const guard = new Guard([], SECRETS, { granted: () => false });
const SENDER = { tenant: { id: 't0', slug: 'acme', packs: [] }, credential: 'test' };

const line = (resource: Readonly<Record<string, WireValue>>): LogInput => ({
  timeUnixNano: 0n,
  observedTimeUnixNano: 0n,
  severityNumber: 9,
  severityText: '',
  body: 'x',
  attributes: new Map(),
  resource: new Map(Object.entries(resource)),
  scopeName: '',
  traceId: '',
  spanId: '',
  eventName: '',
});

const recordOf = ({ blocks }: GuardedLogs): { data: Record<string, unknown>; guard?: unknown } =>
  JSON.parse(Buffer.from(blocks[0]?.payload.subarray(4) ?? []).toString());

const built = (resource: Readonly<Record<string, WireValue>>) =>
  recordOf(guard.logs([line(resource)], SENDER, Date.UTC(2026, 0, 1)));

/** Of what generated names are made (k8s.io/apimachinery/pkg/util/rand): no vowels, no 0, 1 and 3. */
const generated = (length: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.constantFrom(...'bcdfghjklmnpqrstvwxz2456789'),
    minLength: length,
    maxLength: length,
  });
const word = fc.constantFrom(
  ...['checkout', 'api', 'user-session', 'redis-7', 'pg14', 'v2-web', 'de-shop', 'kafka'],
);
const number = (from: number, to: number): fc.Arbitrary<string> =>
  fc.integer({ min: from, max: to }).map(String);

const PODS: Record<string, fc.Arbitrary<string>> = {
  deployment: fc.tuple(word, generated(10), generated(5)).map((parts) => parts.join('-')),
  'short hash': fc.tuple(word, generated(8), generated(5)).map((parts) => parts.join('-')),
  daemonset: fc.tuple(word, generated(5)).map((parts) => parts.join('-')),
  statefulset: fc.tuple(word, number(0, 120)).map((parts) => parts.join('-')),
  // Minutes since 1970.
  cronjob: fc.tuple(word, number(28_000_000, 31_000_000), generated(5)).map((parts) => parts.join('-')),
  job: fc.tuple(word, number(1_700_000_000, 1_900_000_000), generated(5)).map((parts) => parts.join('-')),
};
const byte = fc.integer({ min: 0, max: 255 });
const NODES: Record<string, fc.Arbitrary<string>> = {
  eks: fc.tuple(byte, byte, byte).map((b) => `ip-10-${b.join('-')}.eu-central-1.compute.internal`),
  gke: fc
    .tuple(fc.stringMatching(/^[0-9a-f]{8}$/), generated(4))
    .map(([pool, own]) => `gke-prod-default-pool-${pool}-${own}`),
  aks: fc
    .tuple(number(10_000_000, 99_999_999), number(0, 9))
    .map(([pool, n]) => `aks-nodepool1-${pool}-vmss00000${n}`),
};

describe('Kubernetes attributes of logs', () => {
  it.each(Object.entries(PODS))('names of pods stay whole: %s', (_kind, pods) => {
    fc.assert(
      fc.property(pods, (pod) => {
        const record = built({ 'k8s.pod.name': pod });
        expect([record.data.pod, record.guard]).toEqual([pod, undefined]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(Object.entries(NODES))('names of nodes stay whole: %s', (_kind, nodes) => {
    fc.assert(
      fc.property(nodes, (node) => {
        const record = built({ 'k8s.node.name': node });
        expect([record.data.node, record.guard]).toEqual([node, undefined]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('have fields of their own; labels stay attributes; what is personal in them goes', () => {
    const { data } = built({
      'k8s.namespace.name': 'shop',
      'k8s.container.name': 'web',
      'k8s.deployment.name': 'checkout',
      'k8s.pod.name': 'debug-jane.doe@example.com',
      'k8s.pod.label.app.kubernetes.io/name': 'checkout',
      'k8s.pod.label.owner': 'jane.doe@example.com',
    });
    expect(data).toMatchObject({
      namespace: 'shop',
      container: 'web',
      deployment: 'checkout',
      attributes: { 'k8s.pod.label.app.kubernetes.io/name': 'checkout', 'k8s.pod.label.owner': '[email]' },
    });
    expect(JSON.stringify(data)).not.toContain('jane');
  });

  it('leave the common words to whoever else uses them', () => {
    expect(built({ node: 'n8n-step', pod: 'p' }).data).toMatchObject({
      attributes: { node: 'n8n-step', pod: 'p' },
    });
  });
});
