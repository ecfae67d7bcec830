import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rehearsal } from '../rehearsal.js';

const SENDER = { tenant: { id: 't0', slug: 'acme', packs: [] }, credential: 'test' };
const guard = new Rehearsal([]);

/** What becomes of a log record with these attributes. */
function rehearsed(attributes: Readonly<Record<string, string>>) {
  const result = guard.log({ index: 0, value: { message: 'x', attributes } }, SENDER, Date.UTC(2026, 0, 1));
  if (!result.accepted) throw new Error(result.rejection.code);
  return result;
}

function staysWhole(attribute: string, path: string, names: fc.Arbitrary<string>): void {
  fc.assert(
    fc.property(names, (name) => {
      const { fates } = rehearsed({ [attribute]: name });
      expect(fates.find((fate) => fate.path === path)).toEqual({ path, rules: [], kept: name });
    }),
    { numRuns: 2_000 },
  );
}

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
    staysWhole('k8s.pod.name', 'data.pod', pods);
  });

  it.each(Object.entries(NODES))('names of nodes stay whole: %s', (_kind, nodes) => {
    staysWhole('k8s.node.name', 'data.node', nodes);
  });

  it('have fields of their own; labels stay attributes; what is personal in them goes', () => {
    const { data } = rehearsed({
      'k8s.namespace.name': 'shop',
      'k8s.container.name': 'web',
      'k8s.deployment.name': 'checkout',
      'k8s.pod.name': 'debug-jane.doe@example.com',
      'k8s.pod.label.app.kubernetes.io/name': 'checkout',
      'k8s.pod.label.owner': 'jane.doe@example.com',
    }).record;
    expect(data).toMatchObject({
      namespace: 'shop',
      container: 'web',
      deployment: 'checkout',
      attributes: { 'k8s.pod.label.app.kubernetes.io/name': 'checkout', 'k8s.pod.label.owner': '[email]' },
    });
    expect(JSON.stringify(data)).not.toContain('jane');
  });

  it('leave the common words to whoever else uses them', () => {
    expect(rehearsed({ node: 'n8n-step', pod: 'p' }).record.data).toMatchObject({
      attributes: { node: 'n8n-step', pod: 'p' },
    });
  });
});
