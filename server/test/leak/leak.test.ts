import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request } from '../../src/receive/otlp/testdata/schema.js';
import { auditEvent } from '../support/events.js';
import { ADMIN_TOKEN, Program, ROOT, removeDir, tempDir } from '../support/program.js';
import { Needles } from './needles.js';
import { EVENTS, eventWith, LOGS } from './places.js';
import { Supply, values } from './values.js';

const COUNT = 2_000;
const SEED = 20_261_121;
const PACK = 'leak-probe';

/** Names and numbers that no pattern knows: kept back by the field they stand in. */
const DECLARED = {
  actor: 'canary-subject-in-actor-id',
  user: 'canary-subject-in-user-id',
  denied: 'CanaryDeniedValue',
  undeclared: 'CanaryUndeclaredValue',
  dropped: 'canary dropped value',
  tokenised: 'canary tokenised value',
  hashed: 'canary hashed value',
  masked: 'canary masked value 0000',
  sealed: 'canary sealed statement',
  person: 'Canary Lovelace',
  street: '12 Canary Street, Leaktown',
};
/** Nothing personal: where this is not found, nothing else would be. */
const CONTROL = 'control marker forty one';
const NUMBER = '4539148803436467';

const supply = new Supply(values(COUNT, SEED));
const next = (most?: number): string => supply.next(most);

let program: Program;
let key: string;
const dir = tempDir();
const data = join(dir, 'data');
const packs = join(dir, 'packs');
const replies: string[] = [];
let output = '';

function writePacks(): void {
  cpSync(join(ROOT, 'packs'), packs, { recursive: true });
  const pack = join(packs, PACK);
  mkdirSync(join(pack, 'events'), { recursive: true });
  const field = (privacy: string, more = 'type: string, maxLength: 4096'): string =>
    `{ ${more}, privacy: ${privacy}, description: A probe }`;
  writeFileSync(
    join(pack, 'pack.yaml'),
    `name: ${PACK}\nversion: 1\ndescription: One field for every strategy.\n`,
  );
  writeFileSync(join(pack, 'retention.yaml'), 'probe:\n  keep: P1D\n  because: It is a test.\n');
  writeFileSync(
    join(pack, 'events/probe.yaml'),
    `stream: probe
version: 1
entity_types: [probe]
types:
  leak.probe: { description: A probe }
details:
  kept: ${field('keep')}
  scrubbed: ${field('scrub')}
  dropped: ${field('drop')}
  tokenised: ${field('tokenise')}
  hashed: ${field('hash')}
  masked: ${field('{ mask: 4 }')}
  sealed: ${field('encrypt')}
  bucketed: ${field('{ bucket: [10, 100] }', 'type: number')}
  network: ${field('{ truncate: ip }')}
  listed: { type: array, maxItems: 4, description: A list, items: ${field('scrub')} }
  nested: { type: object, description: A map, properties: { inner: ${field('keep')} } }
`,
  );
}

const start = (): Promise<Program> =>
  Program.start(data, { PROOFLOG_PACKS: packs, PROOFLOG_LOG_LEVEL: 'debug' });

beforeAll(async () => {
  writePacks();
  program = await start();
  await program.post('/v1/tenants', ADMIN_TOKEN, {
    slug: 'acme',
    packs: ['company-governance', PACK],
    region: 'eu',
  });
  key = await program.key('acme', 'admin');
});
afterAll(async () => {
  await program?.stop();
  removeDir(dir);
});

const keep = async <T extends { text: string }>(reply: Promise<T>): Promise<T> => {
  const got = await reply;
  replies.push(got.text);
  return got;
};
const send = (path: string, body: string | Buffer, type = 'application/json') =>
  keep(program.request('POST', path, { key, body, headers: { 'content-type': type } }));

async function plantEvents(): Promise<void> {
  const events = EVENTS.map((place) => eventWith(place, next));
  const body = JSON.stringify(events);
  await send('/v1/events', body);
  await send('/v1/events', body);
}

async function plantDeclared(): Promise<void> {
  const events: unknown[] = [];
  events.push(
    auditEvent({ actor: { type: 'user', id: DECLARED.actor, ip: '198.51.100.77' } }),
    auditEvent({ metadata: { safe_fields_only: true, details: { secret_field: DECLARED.undeclared } } }),
    auditEvent({ metadata: { safe_fields_only: true, details: { old: Number(NUMBER) } } }),
    eventWith(
      () => ({
        event_type: 'leak.probe',
        action: null,
        entity: { type: 'probe', id: 'p' },
        metadata: {
          safe_fields_only: true,
          details: {
            dropped: DECLARED.dropped,
            tokenised: DECLARED.tokenised,
            hashed: DECLARED.hashed,
            masked: DECLARED.masked,
            sealed: DECLARED.sealed,
          },
        },
      }),
      next,
    ),
  );
  events.push(auditEvent({ metadata: { safe_fields_only: true, details: { note: CONTROL } } }));
  await send('/v1/events', JSON.stringify(events));
}

async function plantMistakes(): Promise<void> {
  for (let i = 0; i < 8; i++) {
    await send('/v1/events', `{"broken ${next()}": `);
    await send('/v1/events', `[{"a${next().replaceAll(/["\\\n]/g, '')}":1,`);
    await send('/v1/events', `not json at all ${next()}`);
    await send('/v1/events', JSON.stringify([next(), [next()], 7, null]));
    await send(
      '/v1/events',
      JSON.stringify({ a: { b: [next()] } }),
      `text/x; note="${encodeURIComponent(next(120))}"`,
    );
    await send(`/v1/events?source=${encodeURIComponent(next())}`, JSON.stringify({ id: next() }));
    await send(
      '/v1/events?source=cloudtrail',
      JSON.stringify({ eventID: next(), eventTime: next(), userIdentity: { arn: next() } }),
    );
    await send(
      '/v1/logs',
      JSON.stringify({
        resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityText: 7, body: next() }] }] }],
      }),
    );
    await send('/v1/logs', `{"resourceLogs":"${next().replaceAll(/["\\\n]/g, '')}`);
    await send('/v1/logs', Buffer.from(next()), 'application/x-protobuf');
    await send(`/v1/${encodeURIComponent(next(200))}`, '{}');
    await keep(program.get(`/v1/records/${encodeURIComponent(next(200))}`, key));
    await keep(
      program.request('GET', '/v1/search', {
        headers: {
          authorization: `Bearer ${encodeURIComponent(next(200))}`,
          'user-agent': encodeURIComponent(next(200)),
          'x-request-id': encodeURIComponent(next(100)),
        },
      }),
    );
    const [duplicate] = [JSON.stringify(next())];
    await send('/v1/events', `[{${duplicate}:1,${duplicate}:2}]`);
  }
  await send(
    '/v1/events',
    JSON.stringify(
      auditEvent({ metadata: { safe_fields_only: true, details: { note: next().repeat(2_000) } } }),
    ),
  );
}

function logs(bytes: (text: string) => unknown): object {
  const string = (stringValue: string) => ({ stringValue });
  const group = () => ({
    resource: {
      attributes: [
        { key: 'service.name', value: string(next()) },
        { key: next(), value: string(next()) },
        { key: 'deep', value: { kvlistValue: { values: [{ key: next(), value: string(next()) }] } } },
      ],
    },
    scopeLogs: [
      {
        scope: { name: next(), version: next(), attributes: [{ key: next(), value: string(next()) }] },
        logRecords: LOGS.map((place) => place(next, bytes)),
        schemaUrl: `https://example.org/${next()}`,
      },
    ],
  });
  const declared = {
    body: string('x'),
    attributes: [
      { key: 'user.id', value: string(DECLARED.user) },
      { key: 'client.address', value: string('198.51.100.77') },
      { key: 'db.password', value: string(DECLARED.denied) },
      { key: 'customer.full_name', value: string(DECLARED.person) },
      { key: 'shipping_address', value: string(DECLARED.street) },
      { key: 'n', value: { intValue: NUMBER } },
      { key: 'f', value: { doubleValue: Number(NUMBER) } },
    ],
  };
  return { resourceLogs: [group(), group(), { scopeLogs: [{ logRecords: [declared] }] }] };
}

async function plantLogs(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await send('/v1/logs', JSON.stringify(logs((text) => Buffer.from(text).toString('base64'))));
    const proto = Buffer.from(request.encode(logs((text) => Buffer.from(text))));
    await send('/v1/logs', proto, 'application/x-protobuf');
    await send('/v1/logs', proto.subarray(0, proto.length - 40), 'application/x-protobuf');
  }
}

async function askAround(): Promise<void> {
  for (let i = 0; i < 60; i++) {
    const text = next(300);
    await keep(program.post('/v1/search', key, { query: `"${text.replaceAll(/["\\]/g, '\\$&')}"` }));
    await keep(program.post('/v1/search', key, { query: `note:${text}`, streams: [next(60)] }));
    await keep(program.get(`/v1/correlation/${encodeURIComponent(text.slice(0, 100))}`, key));
  }
}

async function readBack(): Promise<void> {
  for (const streams of [['audit'], ['logs'], ['access'], ['probe'], ['security']])
    await keep(program.post('/v1/search', key, { query: '*', streams, limit: 1_000 }));
  await keep(program.get('/metrics', ADMIN_TOKEN));
  await keep(program.get('/v1/logs-of-trust', key));
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name));

function needles(): Needles {
  const all = new Needles();
  for (const { name, secret } of supply.all) all.add(name, secret);
  for (const [name, value] of Object.entries(DECLARED)) all.add(name, value);
  all.add('number', NUMBER);
  all.add('ip', '198.51.100.77');
  return all;
}

describe('T10: planted personal values', () => {
  it('are in no reply, no output and no file, also after a crash', async () => {
    await plantDeclared();
    await plantMistakes();
    await plantLogs();
    await askAround();
    while (supply.left > 0) await plantEvents();
    const last = await program.post<{ accepted: number }>('/v1/events?wait=sealed', key, auditEvent());
    expect(last.body).toMatchObject({ accepted: 1 });
    output += program.output;
    await program.kill();
    program = await start();
    await program.eventually(
      () => program.post<{ records: unknown[] }>('/v1/search', key, { query: '*', streams: ['probe'] }),
      (reply) => (reply.body.records?.length ?? 0) > 0,
    );
    await readBack();
    await program.stop();
    output += program.output;

    const wanted = needles();
    expect(wanted.in(Buffer.from(supply.all.map((v) => v.secret).join('\n'))).length).toBeGreaterThan(
      COUNT / 2,
    );
    const control = new Needles();
    control.add('control', CONTROL);
    const said = Buffer.from(replies.join('\n'));
    expect(control.in(said)).toEqual(['control (plain)']);
    for (const rule of [
      'email',
      'phone',
      'card',
      'iban',
      'jwt',
      'cloud_key',
      'secret',
      'person_name',
      'address',
    ])
      expect(said.includes(`[${rule}]`), rule).toBe(true);
    expect(wanted.in(said), 'in a reply').toEqual([]);
    expect(wanted.in(Buffer.from(output)), 'in the output').toEqual([]);
    const files = filesBelow(data);
    expect(files.length).toBeGreaterThan(20);
    const contents = files.map((file) => {
      const bytes = readFileSync(file);
      const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
      return { file: file.slice(data.length), plain };
    });
    expect(contents.some(({ plain }) => control.in(plain).length > 0)).toBe(true);
    const leaks = contents.flatMap(({ file, plain }) => wanted.in(plain).map((name) => `${file}: ${name}`));
    expect(leaks).toEqual([]);
  });
});
