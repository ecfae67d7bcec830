import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, tempDir } from '../support/program.js';

/** Values that must be found nowhere: in no file, no output, no reply. Assembled, so that no scanner takes them for a leak. */
const CANARIES: Readonly<Record<string, string>> = {
  email: 'canary.person@leak.example.org',
  phone: '+49 30 901820 4711',
  card: '4539 1488 0343 6467',
  cardDigits: '4539148803436467',
  iban: 'GB33BUKB20201555555555',
  ssn: '219-09-9999',
  jwt: [
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9',
    'eyJuYW1lIjoiQ2FuYXJ5In0',
    'c2lnbmF0dXJlLWNhbmFyeS0wMDE',
  ].join('.'),
  bearer: 'Bearer canary0token1secret2value3',
  cloud: ['AKIA', 'CANARYLEAK234567'].join(''),
  password: 'password=CanaryHunter99',
};

const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  plain: (t) => t,
  percent: (t) => encodeURIComponent(t),
  base64: (t) => Buffer.from(`value ${t} end`).toString('base64'),
  base64url: (t) => Buffer.from(`value ${t} end`).toString('base64url'),
  hex: (t) => Buffer.from(`value ${t} end`).toString('hex'),
  jsonInString: (t) => JSON.stringify({ inner: JSON.stringify({ v: t }) }),
  unicodeEscapes: (t) =>
    [...t]
      .map((c) => (/[@+\d]/.test(c) ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}` : c))
      .join(''),
  entities: (t) => [...t].map((c) => (/[@+]/.test(c) ? `&#${c.charCodeAt(0)};` : c)).join(''),
  zeroWidth: (t) => `${t.slice(0, 4)}\u200b${t.slice(4)}`,
  inUrl: (t) => `https://shop.example/find?who=${encodeURIComponent(t)}&x=1`,
};

/** What must not be found: the raw values, and each encoding of them. */
const needles = new Map<string, string>();
const texts: string[] = [];
for (const [kind, value] of Object.entries(CANARIES))
  for (const [encoding, encode] of Object.entries(ENCODINGS)) {
    // An escape inside a number or key takes away what a checksum or pattern could hold on to.
    if (
      !['plain', 'base64', 'base64url', 'hex', 'jsonInString'].includes(encoding) &&
      !['email', 'phone', 'card', 'ssn'].includes(kind)
    )
      continue;
    const text = encode(value);
    texts.push(`seen ${text} there`);
    needles.set(
      `${kind} ${encoding}`,
      encoding === 'inUrl' ? encodeURIComponent(value) : encoding === 'jsonInString' ? value : text,
    );
  }
for (const subject of ['canary-subject-in-actor-id', 'canary-subject-in-user-id'])
  needles.set(subject, subject);
needles.set('ip', '198.51.100.77');
needles.set('denied key', 'CanaryDeniedValue');
needles.set('undeclared', 'CanaryUndeclaredValue');

let program: Program;
let key: string;
const data = tempDir();
const replies: string[] = [];

beforeAll(async () => {
  program = await Program.start(data);
  ({ key } = await program.tenant('acme'));
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
});

const keep = async (reply: Promise<{ text: string }>): Promise<void> => void replies.push((await reply).text);

async function plantEvents(): Promise<void> {
  const events = texts.flatMap((note) => [
    auditEvent({ metadata: { safe_fields_only: true, details: { note } } }),
    auditEvent({
      metadata: { safe_fields_only: true, details: { field: note.slice(0, 256), old: note, new: note } },
      reason: note.slice(0, 1_000),
    }),
    auditEvent({ entity: { type: 'policy', id: note.slice(0, 500) } }),
    auditEvent({
      actor: {
        type: 'service',
        id: note.slice(0, 500),
        role: note.slice(0, 256),
        user_agent: note.slice(0, 1_000),
      },
    }),
    auditEvent({ correlation: { request_id: note.slice(0, 256) } }),
    auditEvent({ [note]: 1 }),
    auditEvent({ action: note.slice(0, 64) }),
    auditEvent({ occurred_at: note.slice(0, 40) }),
  ]);
  events.push(
    auditEvent({ actor: { type: 'user', id: 'canary-subject-in-actor-id', ip: '198.51.100.77' } }),
    auditEvent({ metadata: { safe_fields_only: true, details: { secret_field: 'CanaryUndeclaredValue' } } }),
    auditEvent({ metadata: { safe_fields_only: true, details: { old: 4539148803436467 } } }),
  );
  await keep(program.post('/v1/events', key, events));
  await keep(program.request('POST', '/v1/events', { key, body: `{"broken ${CANARIES.email}": ` }));
  await keep(
    program.request('POST', '/v1/events', { key, body: `[{"a${CANARIES.email}":1,"a${CANARIES.email}":2}]` }),
  );
}

const string = (stringValue: string) => ({ stringValue });

async function plantLogs(): Promise<void> {
  const logRecords = texts.flatMap((text) => [
    {
      severityNumber: 17,
      body: string(text),
      attributes: [{ key: 'exception.stacktrace', value: string(`Error: ${text}\n    at f (a.js:1:2)`) }],
    },
    {
      body: { kvlistValue: { values: [{ key: text, value: string(text) }] } },
      attributes: [{ key: text, value: string('x') }],
    },
    { body: { bytesValue: Buffer.from(text).toString('base64') }, eventName: text },
    {
      body: {
        arrayValue: {
          values: [string(text), { kvlistValue: { values: [{ key: 'deep', value: string(text) }] } }],
        },
      },
    },
    {
      body: string('x'),
      attributes: [
        { key: 'url.full', value: string(`https://a.example/p?q=${text}`) },
        { key: 'http.target', value: string(text) },
        { key: 'correlationId', value: string(text) },
      ],
    },
  ]);
  logRecords.push(
    {
      body: string('x'),
      attributes: [
        { key: 'user.id', value: string('canary-subject-in-user-id') },
        { key: 'client.address', value: string('198.51.100.77') },
      ],
    },
    {
      body: string('x'),
      attributes: [
        { key: 'db.password', value: string('CanaryDeniedValue') },
        { key: 'n', value: { intValue: '4539148803436467' } as never },
      ],
    },
  );
  const attributes = texts.map((text, i) => ({ key: `resource.${i}`, value: string(text) }));
  const body = {
    resourceLogs: [{ resource: { attributes }, scopeLogs: [{ scope: { name: texts[0] }, logRecords }] }],
  };
  await keep(program.post('/v1/logs', key, body));
  await keep(
    program.request('POST', '/v1/logs', {
      key,
      body: Buffer.from(texts.join('')),
      headers: { 'content-type': 'application/x-protobuf' },
    }),
  );
}

async function askAround(): Promise<void> {
  for (const text of texts) {
    await keep(program.post('/v1/search', key, { query: `"${text.replaceAll(/["\\]/g, '\\$&')}"` }));
    await keep(program.get(`/v1/correlation/${encodeURIComponent(text.slice(0, 100))}`, key));
  }
  for (const streams of [['audit'], ['logs'], ['access']])
    await keep(program.post('/v1/search', key, { query: '*', streams, limit: 1_000 }));
  await keep(program.get('/metrics', key));
  await keep(program.get('/v1/logs-of-trust', key));
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name));
}

function found(bytes: Buffer): string[] {
  const text = bytes.toString('latin1');
  return [...needles]
    .filter(([, needle]) => text.includes(Buffer.from(needle).toString('latin1')))
    .map(([name]) => name);
}

describe('planted personal values', () => {
  it('are in no reply, no output and no file', async () => {
    await plantEvents();
    await plantLogs();
    await program.post('/v1/events?wait=sealed', key, auditEvent());
    await askAround();
    expect(found(Buffer.from(replies.join('\n'))), 'in a reply').toEqual([]);
    expect(found(Buffer.from(program.output)), 'in the output').toEqual([]);
    await program.stop();
    expect(found(Buffer.from(program.output)), 'in the output').toEqual([]);
    const files = filesBelow(data);
    expect(files.length).toBeGreaterThan(20);
    const leaks = files.flatMap((file) => {
      const bytes = readFileSync(file);
      const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
      return found(plain).map((name) => `${file.slice(data.length)}: ${name}`);
    });
    expect(leaks).toEqual([]);
  });
});
