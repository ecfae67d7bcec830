import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReply, Problem, SearchReply } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';

let program: Program;
let key: string;
let tenantId: string;
const data = tempDir();

beforeAll(async () => {
  program = await Program.start(data);
  ({ key, id: tenantId } = await program.tenant('acme'));
});

afterAll(async () => {
  await program?.stop();
  removeDir(data);
});

const send = (body: BodyInit, headers: Record<string, string> = {}, path = '/v1/events', as = key) =>
  program.request<IngestReply & Problem>('POST', path, {
    key: as,
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });

const search = (query: string, more: object = {}) =>
  program.post<SearchReply>('/v1/search', key, { query, ...more });

describe('POST /v1/events', () => {
  it('takes an object, an array, NDJSON and gzip', async () => {
    const single = await send(JSON.stringify(auditEvent()));
    expect(single.body).toMatchObject({ accepted: 1, duplicates: 0, rejected: [] });
    expect(single.body.event_ids).toHaveLength(1);
    const array = await send(JSON.stringify([auditEvent(), auditEvent()]));
    expect(array.body).toEqual({ accepted: 2, duplicates: 0, rejected: [] });
    const lines = `${JSON.stringify(auditEvent())}\n\n${JSON.stringify(auditEvent())}\r\n`;
    const ndjson = await send(lines, { 'content-type': 'application/x-ndjson' });
    expect(ndjson.body).toEqual({ accepted: 2, duplicates: 0, rejected: [] });
    const packed = await send(gzipSync(JSON.stringify([auditEvent()])), { 'content-encoding': 'gzip' });
    expect(packed.body).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
    const pretty = await send(JSON.stringify(auditEvent(), null, 2));
    expect(pretty.body).toMatchObject({ accepted: 1 });
    expect((await send('[]')).body).toEqual({ accepted: 0, duplicates: 0, rejected: [] });
  });

  it('counts the same id once, within a request and between requests', async () => {
    const event = auditEvent();
    expect((await send(JSON.stringify([event, event]))).body).toEqual({
      accepted: 1,
      duplicates: 1,
      rejected: [],
    });
    expect((await send(JSON.stringify([event]))).body).toEqual({ accepted: 0, duplicates: 1, rejected: [] });
  });

  it('gives receipts that verify offline with ?wait=sealed', async () => {
    const { body } = await send(JSON.stringify([auditEvent(), auditEvent()]), {}, '/v1/events?wait=sealed');
    expect(body.receipts).toHaveLength(2);
    const { body: trust } = await program.get<{ logs: { stream: string; vkey: string }[] }>(
      '/v1/logs-of-trust',
      key,
    );
    const { writeFileSync } = await import('node:fs');
    writeFileSync(`${data}-receipt`, body.receipts?.[0]?.proof ?? '');
    const vkey = trust.logs.find((log) => log.stream === 'audit')?.vkey ?? '';
    const verified = await runProgram(['verify', `${data}-receipt`, '--vkey', vkey]);
    removeDir(`${data}-receipt`);
    expect(verified.out).toContain('verified');
    expect(verified.code).toBe(0);
  });

  const SECRET = 'Marguerite-4711';
  it.each<[string, object, string, string]>([
    ['unknown action', { action: 'policy_eaten' }, 'unknown_action', 'action'],
    ['wrong type of event', { event_type: 'activity' }, 'bad_value', 'event_type'],
    ['unknown version', { event_version: 9 }, 'unknown_version', 'event_version'],
    ['undeclared field', { colour: SECRET }, 'undeclared_field', 'colour'],
    [
      'undeclared detail',
      { metadata: { safe_fields_only: true, details: { shoe: SECRET } } },
      'undeclared_field',
      'metadata.details.shoe',
    ],
    ['key that is data', { [`${SECRET}@example.com`]: 1 }, 'undeclared_field', '(undeclared)'],
    [
      'unsafe metadata',
      { metadata: { safe_fields_only: false } },
      'unsafe_metadata',
      'metadata.safe_fields_only',
    ],
    ['year 1900', { occurred_at: '1900-01-01T00:00:00Z' }, 'timestamp_out_of_range', 'occurred_at'],
    ['year 9999', { occurred_at: '9999-01-01T00:00:00Z' }, 'timestamp_out_of_range', 'occurred_at'],
    ['no time at all', { occurred_at: SECRET }, 'bad_format', 'occurred_at'],
    ['30 February', { occurred_at: '2026-02-30T00:00:00Z' }, 'bad_format', 'occurred_at'],
    ['time without offset', { occurred_at: '2026-02-03T00:00:00' }, 'bad_format', 'occurred_at'],
    ['bad id', { event_id: SECRET }, 'bad_format', 'event_id'],
    ['bad address', { actor: { type: 'user', id: 'u', ip: SECRET } }, 'bad_format', 'actor.ip'],
    ['other tenant', { tenant: { slug: 'evil-corp' } }, 'wrong_tenant', 'tenant'],
    ['other stream', { stream: 'activity' }, 'wrong_stream', 'stream'],
    ['entity of no kind', { entity: { type: SECRET, id: 'x' } }, 'bad_value', 'entity.type'],
    ['wrong type', { action: 7 }, 'wrong_type', 'action'],
    [
      'correlation with data',
      { correlation: { request_id: `${SECRET} x@example.com` } },
      'bad_format',
      'correlation.request_id',
    ],
    [
      'too large',
      {
        metadata: {
          safe_fields_only: true,
          details: { note: 'é'.repeat(16_000), old: '\u0001'.repeat(4_000), new: '\u0001'.repeat(4_000) },
        },
      },
      'record_too_large',
      '(item)',
    ],
  ])('refuses %s by itself and takes the rest', async (_name, parts, code, field) => {
    const { status, body, text } = await send(
      JSON.stringify([auditEvent(), auditEvent(parts as never), auditEvent()]),
    );
    expect(status).toBe(200);
    expect(body.accepted).toBe(2);
    expect(body.rejected).toMatchObject([{ index: 1, code, field }]);
    expect(text).not.toContain(SECRET);
  });

  it.each<[string, string, string]>([
    ['broken item', '{"action": }', 'malformed_json'],
    ['duplicate key', '{"action":"a","action":"b"}', 'duplicate_key'],
    ['half a surrogate', '{"action":"\\ud800"}', 'lone_surrogate'],
    ['number beyond 2^53', '{"entity":{"version":9007199254740993}}', 'number_out_of_range'],
    ['10,000 levels', `{"action":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'too_deep'],
    ['no object', '"text"', 'not_an_object'],
  ])('refuses a %s by itself and takes the rest', async (_name, item, code) => {
    const { status, body } = await send(
      `[${JSON.stringify(auditEvent())},${item},${JSON.stringify(auditEvent())}]`,
    );
    expect(status).toBe(200);
    expect(body.accepted).toBe(2);
    expect(body.rejected).toMatchObject([{ index: 1, code }]);
  });

  it.each<[string, BodyInit, Record<string, string>, number, string]>([
    ['what is not JSON', 'hello there', {}, 400, 'malformed_json'],
    ['an array that does not close', '[{"a":1}', {}, 400, 'malformed_json'],
    [
      'half a gzip stream',
      gzipSync('x'.repeat(9_999)).subarray(0, 20),
      { 'content-encoding': 'gzip' },
      400,
      'malformed_encoding',
    ],
    ['a bomb', gzipSync(Buffer.alloc(100 * 2 ** 20)), { 'content-encoding': 'gzip' }, 413, 'body_too_large'],
    ['100 MB', Buffer.alloc(100 * 2 ** 20, 32), {}, 413, 'body_too_large'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), {}, 400, 'not_utf8'],
    ['nothing', '', {}, 400, 'empty_body'],
    ['another content type', '<a/>', { 'content-type': 'application/xml' }, 415, 'unsupported_media_type'],
    ['another encoding', 'x', { 'content-encoding': 'br' }, 415, 'unsupported_encoding'],
    ['an unknown source', '{}', { 'x-path': '/v1/events?source=nothing' }, 400, 'unknown_source'],
  ])('answers %s with a problem', async (_name, body, headers, status, code) => {
    const { 'x-path': path = '/v1/events', ...rest } = headers;
    const reply = await send(body, rest, path).catch((error: Error) => ({
      status: 0,
      body: { code: String(error.cause) },
      headers: new Headers(),
    }));
    // A body refused from its declared length may end in a closed connection before the answer is read.
    if (reply.status === 0) expect(_name).toBe('100 MB');
    else {
      expect([reply.status, reply.body.code]).toEqual([status, code]);
      expect(reply.headers.get('content-type')).toBe('application/problem+json');
    }
    expect((await program.request('GET', '/ready')).status).toBe(200);
  });

  it('wants a key that may send', async () => {
    expect((await program.request('POST', '/v1/events', { body: '{}' })).status).toBe(401);
    expect(
      (await send('{}', {}, '/v1/events', 'plk_aaaaaaaaaaaa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'))
        .status,
    ).toBe(401);
    const reader = await program.key('acme', 'reader');
    expect((await send(JSON.stringify(auditEvent()), {}, '/v1/events', reader)).status).toBe(403);
    const ingest = await program.key('acme', 'ingest');
    expect((await program.post('/v1/search', ingest, { query: '*' })).status).toBe(403);
  });

  it('finds what was sent, and shows nothing else', async () => {
    const event = auditEvent({ entity: { type: 'policy', id: 'pol-needle' } });
    await send(JSON.stringify(event));
    const found = await program.eventually(
      () => search('entity.id:pol-needle'),
      (r) => r.body.records.length === 1,
    );
    expect(found.body.records[0]).toMatchObject({
      event_id: event.event_id,
      stream: 'audit',
      tenant: { id: tenantId, slug: 'acme' },
    });
    expect(found.body.cursor).toBeUndefined();
    const one = await program.get<SearchReply['records'][number]>(`/v1/events/${event.event_id}`, key);
    expect(one.body).toEqual(found.body.records[0]);
  });

  it('pages through everything exactly once', async () => {
    const trace = 'fedcba9876543210fedcba9876543210';
    const events = Array.from({ length: 25 }, () => auditEvent({ correlation: { trace_id: trace } }));
    await send(JSON.stringify(events), {}, '/v1/events?wait=sealed');
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await search(`trace_id:${trace}`, {
        limit: 7,
        ...(cursor === undefined ? {} : { cursor }),
      });
      ids.push(...body.records.map((r) => r.event_id));
      cursor = body.cursor;
    } while (cursor !== undefined);
    expect(new Set(ids)).toEqual(new Set(events.map((e) => e.event_id)));
    expect(ids).toHaveLength(25);
  });

  it('records every read in the access stream', async () => {
    await search('entity.id:pol-watched');
    const { body } = await program.eventually(
      () =>
        search('action:records_searched "entity.id:pol-watched"', { streams: ['access'], order: 'oldest' }),
      (r) => r.body.records.length > 0,
    );
    expect(body.records[0]?.metadata?.details).toMatchObject({ query: 'entity.id:pol-watched', returned: 0 });
  });
});

describe('numbers that no double keeps', () => {
  it('are kept as text, so that the record can be proven', async () => {
    const record = `{"body":{"stringValue":"big-numbers"},"attributes":[
      {"key":"exact","value":{"intValue":9007199254740993}},
      {"key":"double","value":{"doubleValue":100000000000000000}},
      {"key":"plain","value":{"doubleValue":1e30}}]}`;
    const sent = await program.request('POST', '/v1/logs', {
      key,
      body: `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`,
      headers: { 'content-type': 'application/json' },
    });
    expect(sent.status).toBe(200);
    const { body } = await program.eventually(
      () => search('"big-numbers"', { streams: ['logs'] }),
      (r) => r.body.records.length > 0,
    );
    const [found] = body.records;
    expect(found?.data?.attributes).toEqual({
      exact: '9007199254740993',
      double: '100000000000000000',
      plain: 1e30,
    });
    expect((await program.get(`/v1/events/${found?.event_id}/proof`, key)).status).toBe(200);
  });
});

describe('GET /v1/correlation', () => {
  it('finds an id of the greatest length', async () => {
    const id = `job-${'7'.repeat(124)}`;
    const { body } = await send(
      JSON.stringify(auditEvent({ correlation: { job_id: id } })),
      {},
      '/v1/events?wait=sealed',
    );
    expect(body).toMatchObject({ accepted: 1 });
    const { status, body: found } = await program.get<{ records: unknown[] }>(`/v1/correlation/${id}`, key);
    expect([status, found.records?.length]).toEqual([200, 1]);
  });
});

describe('start', () => {
  it.each<[string, string[], Record<string, string>, RegExp]>([
    ['an unwritable data directory', ['--data', '/dev/null/data'], {}, /data directory .* cannot be written/],
    [
      'a data directory in use',
      ['--data', data, '--listen', '127.0.0.1:0'],
      {},
      /has this data directory open/,
    ],
    [
      'an unknown setting',
      [],
      { PROOFLOG_LISTN: 'x' },
      /PROOFLOG_LISTN is not a setting. Did you mean PROOFLOG_LISTEN/,
    ],
    ['a bad address', ['--listen', 'nonsense'], {}, /listen must look like/],
  ])('ends with one line and code 1 for %s', async (_name, args, env, message) => {
    const { code, err } = await runProgram(['serve', ...args], env);
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('says which address is taken', async () => {
    const other = tempDir();
    const { code, err } = await runProgram(['serve', '--data', other, '--listen', new URL(program.url).host]);
    removeDir(other);
    expect([code, err.includes('is taken')]).toEqual([1, true]);
  });
});
