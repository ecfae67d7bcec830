import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FacetsReply, RehearsalReply, SearchReply, StoredRecord } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { type MmdbValue, mmdb } from '../support/mmdb.js';
import { Program, type Reply, removeDir, runProgram, tempDir } from '../support/program.js';

let program: Program;
let key: string;
const data = tempDir();
const elsewhere = tempDir();
const database = join(elsewhere, 'countries.mmdb');
const replies: string[] = [];

const iso = (code: string): MmdbValue => ({ country: { iso_code: code } });
const NETWORKS = {
  '198.51.100.64/26': iso('DE'),
  '198.51.100.128/26': iso('FR'),
  '2001:db8:77::/48': iso('JP'),
};
/** The addresses in full: none may be found anywhere. */
const ADDRESSES = ['198.51.100.77', '198.51.100.141', '2001:db8:77:1::4242', '192.0.2.213'];

beforeAll(async () => {
  writeFileSync(database, mmdb(NETWORKS));
  program = await Program.start(data, { PROOFLOG_GEOIP_DATABASE: database });
  ({ key } = await program.tenant('acme'));
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
  removeDir(elsewhere);
});

async function kept<T>(reply: Promise<Reply<T>>): Promise<Reply<T>> {
  const done = await reply;
  replies.push(done.text);
  return done;
}

const eventFrom = (ip: string, role: string) =>
  auditEvent({ actor: { type: 'user', id: 'user-17', role, ip } });

const found = async (query: string, streams: string[], count: number): Promise<StoredRecord[]> => {
  const ask = () => kept(program.post<SearchReply>('/v1/search', key, { query, streams }));
  return (await program.eventually(ask, (reply) => reply.body.records?.length === count)).body.records;
};

const text = (name: string, stringValue: string) => ({ key: name, value: { stringValue } });

const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

function logsFrom(addresses: readonly string[]): unknown {
  const attributes = [
    text('k8s.namespace.name', 'shop'),
    text('k8s.pod.name', 'checkout-7d9f8b6c5d-x2x9k'),
    text('k8s.node.name', 'ip-10-0-12-34.eu-central-1.compute.internal'),
    text('k8s.pod.label.tier', 'front'),
  ];
  const logRecords = addresses.map((address) => ({
    severityNumber: 9,
    body: { stringValue: 'served' },
    attributes: [text('client.address', address), text('user_agent.original', AGENT)],
  }));
  return { resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }] };
}

it('events keep the country of an address and its network', async () => {
  const events = [...ADDRESSES, '::ffff:198.51.100.77'].map((ip, i) => eventFrom(ip, `r${i}`));
  const { body } = await kept(program.post('/v1/events', key, events));
  expect(body).toMatchObject({ accepted: 5, rejected: [] });
  const german = await found('country:DE', ['audit'], 2);
  expect(german.map((r) => [r.actor?.role, r.actor?.ip, r.actor?.country]).sort()).toEqual([
    ['r0', '198.51.100.0', 'DE'],
    ['r4', '198.51.100.0', 'DE'],
  ]);
  const [japanese] = await found('actor.country:JP', ['audit'], 1);
  expect(japanese?.actor).toMatchObject({ country: 'JP', ip: '2001:db8:77::' });
  const [nowhere] = await found('actor.role:r3', ['audit'], 1);
  expect(nowhere?.actor).not.toHaveProperty('country');
  const facets = await kept(
    program.post<FacetsReply>('/v1/facets', key, { query: '*', streams: ['audit'], fields: ['country'] }),
  );
  expect(facets.body.facets[0]?.values).toEqual([
    { value: 'DE', count: 2 },
    { value: 'FR', count: 1 },
    { value: 'JP', count: 1 },
  ]);
});

it('a country that the sender states is refused', async () => {
  const event = auditEvent({ actor: { type: 'user', id: 'u', country: 'US' } });
  const { body } = await program.post('/v1/events', key, event);
  expect(body).toMatchObject({ rejected: [{ code: 'undeclared_field', field: 'actor.country' }] });
});

it('logs keep country, Kubernetes and the kind of browser', async () => {
  const { status } = await kept(program.post('/v1/logs', key, logsFrom(ADDRESSES)));
  expect(status).toBe(200);
  const [french] = await found('country:FR', ['logs'], 1);
  expect(french?.data).toMatchObject({
    clientIp: '198.51.100.0',
    clientCountry: 'FR',
    namespace: 'shop',
    pod: 'checkout-7d9f8b6c5d-x2x9k',
    node: 'ip-10-0-12-34.eu-central-1.compute.internal',
    attributes: { 'k8s.pod.label.tier': 'front' },
    userAgent: 'Firefox 140 on Linux',
  });
  expect(french?.guard?.remarks).toContainEqual({ count: 1, path: 'userAgent', rule: 'normalise' });
  await found('namespace:shop AND pod:checkout-*', ['logs'], 4);
  await found('k8s.pod.name:checkout-7d9f8b6c5d-x2x9k AND clientCountry:JP', ['logs'], 1);
  await found('k8s.pod.label.tier:front AND NOT country:*', ['logs'], 1);
});

it('a database that is replaced is used from then on, a broken one is not', async () => {
  const countryNow = async () => {
    const { body } = await kept(
      program.post<RehearsalReply>('/v1/guard/try', key, [eventFrom('192.0.2.213', 'x')]),
    );
    const [result] = body.results;
    return result?.accepted ? (result.record as unknown as StoredRecord).actor?.country : undefined;
  };
  expect(await countryNow()).toBeUndefined();
  writeFileSync(database, mmdb({ ...NETWORKS, '192.0.2.0/24': iso('BR') }));
  expect(await program.eventually(countryNow, (country) => country !== undefined)).toBe('BR');
  writeFileSync(database, 'no database');
  const said = async () => program.output.includes('the one before stays in use');
  expect(await program.eventually(said, (done) => done)).toBe(true);
  expect(await countryNow()).toBe('BR');
}, 90_000);

it('an address is in full in no reply, no output and no file', async () => {
  const broken = await kept(program.post('/v1/events', key, eventFrom('198.51.100.777', 'x')));
  expect(broken.body).toMatchObject({ rejected: [{ code: 'bad_format', field: 'actor.ip' }] });
  await program.post('/v1/events?wait=sealed', key, auditEvent());
  await program.stop();
  const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(20);
  const holding = files.flatMap((entry) => {
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
    return ADDRESSES.filter((address) => plain.includes(address)).map((address) => [entry.name, address]);
  });
  expect(holding).toEqual([]);
  for (const address of ADDRESSES) {
    expect(replies.join('\n')).not.toContain(address);
    expect(program.output).not.toContain(address);
  }
});

it('a start with a broken database ends with one clear line', async () => {
  writeFileSync(database, 'no database');
  const { code, out, err } = await runProgram(['serve', '--data', join(elsewhere, 'data')], {
    PROOFLOG_GEOIP_DATABASE: database,
  });
  expect([code, out]).toEqual([1, '']);
  expect(err).toBe(`prooflog: The file of geoip_database, ${database}, is not a MaxMind DB (.mmdb) file.\n`);
});
