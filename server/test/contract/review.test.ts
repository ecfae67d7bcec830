import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  CorrelationReply,
  FacetsReply,
  IngestReply,
  PrivacyIncident,
  ReviewReply,
  SearchReply,
  StoredRecord,
} from '../../src/api/contract.js';
import { DEFAULTS, type Settings } from '../../src/base/settings.js';
import type { OpenEngine } from '../../src/build/engine.js';
import type { Guarded } from '../../src/event/stages.js';
import { type RunningServer, startServer } from '../../src/server.js';
import { auditEvent, uuid7 } from '../support/events.js';
import { plantedEvent, plantedLogs } from '../support/planted.js';
import { ADMIN_TOKEN, removeDir, runProgram, tempDir } from '../support/program.js';

const MAIL = 'ada.lovelace@mail.example';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

interface Answer<T> {
  readonly status: number;
  readonly text: string;
  readonly body: T;
}

/** A data directory, and the program on it as often as the test starts it. */
class House {
  readonly data = tempDir();
  tenant = '';
  key = '';
  server!: RunningServer;

  get settings(): Settings {
    return {
      ...DEFAULTS,
      data: this.data,
      listen: '127.0.0.1:0',
      admin_token: ADMIN_TOKEN,
      log_level: 'silent',
    };
  }

  async start(): Promise<void> {
    this.server = await startServer(this.settings);
  }

  get engine(): OpenEngine {
    return this.server.engine;
  }

  async prepare(): Promise<void> {
    await this.start();
    this.tenant = (await this.engine.addTenant('acme', ['company-governance'], 'eu')).id;
    const made = await this.call<{ key: string }>(
      'POST',
      '/v1/keys',
      { tenant: 'acme', role: 'admin' },
      ADMIN_TOKEN,
    );
    this.key = made.body.key;
  }

  async call<T>(
    method: string,
    path: string,
    body?: unknown,
    key = this.key,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const init: RequestInit = { method, headers: { authorization: `Bearer ${key}`, ...headers } };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(this.server.url + path, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, text, body: (isJson ? JSON.parse(text) : null) as T };
  }

  async plant(entries: readonly Guarded[]): Promise<void> {
    await this.engine.journal.append(entries);
    await this.indexed();
  }

  /** Clean records, through the door. */
  async send(count: number): Promise<void> {
    const sender = {
      tenant: { id: this.tenant, slug: 'acme', packs: ['company-governance'] },
      credential: 'test',
    };
    const items = Array.from({ length: count }, (_, index) => ({
      index,
      value: auditEvent({ event_id: uuid7() }),
    }));
    expect((await this.engine.pipeline.events(items, [], sender)).rejected).toEqual([]);
    await this.indexed();
  }

  async indexed(): Promise<void> {
    expect(await this.engine.indexedTo(this.engine.journal.durable, AbortSignal.timeout(30_000))).toBe(true);
  }

  async review(all = true): Promise<ReviewReply> {
    const { status, body } = await this.call<ReviewReply>('POST', '/v1/review', { all });
    expect([status, body.running]).toEqual([200, false]);
    await this.indexed();
    return body;
  }

  async incidents(): Promise<PrivacyIncident[]> {
    return (await this.call<{ incidents: PrivacyIncident[] }>('GET', '/v1/privacy-incidents')).body.incidents;
  }

  async search(query: string, streams = ['audit', 'logs']): Promise<StoredRecord[]> {
    return (await this.call<SearchReply>('POST', '/v1/search', { query, streams, limit: 1000 })).body.records;
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}

const reportOf = (reply: ReviewReply, stream: string) =>
  reply.reports.find(({ log }) => log.endsWith(`/${stream}`));

describe('records that the guard let in', () => {
  it('are no hits: neither what it wrote itself nor what it left', async () => {
    const house = new House();
    await house.prepare();
    try {
      await house.send(50);
      await house.call('POST', '/v1/events', [
        auditEvent({
          metadata: {
            safe_fields_only: true,
            details: { field: 'retention', note: `ask ${MAIL}, token=abcd1234efgh` },
          },
        }),
      ]);
      await house.indexed();
      const reply = await house.review();
      expect(reply.reports.flatMap((report) => report.hits)).toEqual([]);
      expect(reportOf(reply, 'audit')).toMatchObject({ looked_at: 51, from: 0, to: 51, incidents: 0 });
      expect(await house.incidents()).toEqual([]);
      const again = await house.review();
      // The reports themselves are among the records.
      expect(again.reports.flatMap((report) => report.hits)).toEqual([]);
      expect(reportOf(again, 'security')?.looked_at).toBeGreaterThan(0);
    } finally {
      await house.stop();
      removeDir(house.data);
    }
  });
});

describe('a record that should not have been stored', () => {
  const house = new House();
  let eventId = '';
  let logId = '';

  beforeAll(async () => {
    await house.prepare();
    await house.send(20);
    const event = plantedEvent(`${house.tenant}/audit`, {
      correlation: { trace_id: TRACE },
      metadata: { details: { field: 'retention', note: `agreed with ${MAIL}` }, safe_fields_only: true },
    });
    const block = plantedLogs(house.tenant, [
      { message: 'all is well', serviceName: 'shop' },
      {
        message: `mail to ${MAIL} bounced`,
        serviceName: 'billing',
        userId: 'sub_bbbbbbbbbbbbbbbbbbbbbbbbbb',
      },
    ]);
    eventId = event.eventId;
    logId = block.eventIds[1] ?? '';
    await house.plant([event.entry, block.entry]);
    await house.send(20);
  });
  afterAll(async () => {
    await house.stop();
    removeDir(house.data);
  });

  it('is there until it is looked for', async () => {
    expect((await house.search('lovelace')).map((record) => record.event_id).sort()).toEqual(
      [eventId, logId].sort(),
    );
  });

  it('is found, by rule and path, and never shown by value', async () => {
    const reply = await house.review();
    expect(reportOf(reply, 'audit')).toMatchObject({
      looked_at: 41,
      incidents: 1,
      hits: [{ rule: 'email', path: 'metadata.details.note', records: 1 }],
    });
    expect(reportOf(reply, 'logs')).toMatchObject({
      looked_at: 2,
      incidents: 1,
      hits: [{ rule: 'email', path: 'data.message', records: 1 }],
    });
    const incidents = await house.incidents();
    expect(incidents.map(({ event_id, state, severity }) => ({ event_id, state, severity }))).toEqual(
      expect.arrayContaining([
        { event_id: eventId, state: 'open', severity: 'critical' },
        { event_id: logId, state: 'open', severity: 'critical' },
      ]),
    );
    expect(JSON.stringify([reply, incidents])).not.toContain('lovelace');
    const metrics = await house.call('GET', '/metrics');
    expect(metrics.text).toContain('\nprooflog_privacy_incidents_open 2\n');
  });

  it('is a critical incident in the stream security, with what remains of it', async () => {
    const records = await house.search('action:privacy_incident_opened', ['security']);
    expect(records.map((record) => record.metadata?.details?.event_id).sort()).toEqual(
      [eventId, logId].sort(),
    );
    const details = records.find((record) => record.metadata?.details?.event_id === eventId)?.metadata
      ?.details;
    expect(details).toMatchObject({ severity: 'critical', hits: 'email in metadata.details.note' });
    expect(details?.remains).toContain('stay in the ledger');
    const reviews = await house.search('action:records_reviewed', ['security']);
    const audit = reviews.find((record) => record.entity?.id === 'audit')?.metadata?.details;
    expect(audit).toMatchObject({
      from: 0,
      to: 41,
      looked_at: 41,
      hits: 'email in metadata.details.note (1 records)',
    });
    expect(audit?.ruleset).toMatch(/^[0-9a-f]{16}$/);
    expect(JSON.stringify([records, reviews])).not.toContain('lovelace');
  });

  /** Every way to a record that the program has. */
  async function expectWithheld(): Promise<void> {
    expect(await house.search('lovelace')).toEqual([]);
    expect(await house.search('service:billing')).toEqual([]);
    const shown = (await house.search('*')).filter((record) => [eventId, logId].includes(record.event_id));
    expect(shown.map((record) => record.event_type)).toEqual(['withheld', 'withheld']);
    const one = await house.call<StoredRecord>('GET', `/v1/events/${eventId}`);
    expect(one.body).toEqual({
      event_id: eventId,
      event_type: 'withheld',
      event_version: 1,
      stream: 'audit',
      occurred_at: expect.stringMatching(/Z$/),
      recorded_at: expect.stringMatching(/Z$/),
      tenant: { id: house.tenant, slug: 'acme' },
      withheld: {
        incident: expect.any(String),
        hits: [{ rule: 'email', path: 'metadata.details.note' }],
        index: 20,
      },
      integrity: { hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const log = await house.call<StoredRecord>('GET', `/v1/events/${logId}`);
    expect(log.body.withheld?.hits).toEqual([{ rule: 'email', path: 'data.message' }]);
    const correlation = await house.call<CorrelationReply>('GET', `/v1/correlation/${TRACE}`);
    expect(correlation.body.records).toEqual([]);
    const facets = await house.call<FacetsReply>('POST', '/v1/facets', {
      query: '*',
      fields: ['service', 'user_id'],
    });
    expect(facets.text).toContain('shop');
    expect(facets.text).not.toMatch(/billing|sub_bbb/);
    for (const id of [eventId, logId]) {
      const proof = await house.call<{ code: string }>('GET', `/v1/events/${id}/proof`);
      expect([proof.status, proof.body.code]).toEqual([451, 'quarantined']);
    }
    await expectNotInExport();
    await expectRefusedByLedger();
  }

  async function expectNotInExport(): Promise<void> {
    const response = await fetch(`${house.server.url}/v1/exports`, {
      method: 'POST',
      headers: { authorization: `Bearer ${house.key}` },
      body: JSON.stringify({ query: '*', streams: ['audit', 'logs'] }),
    });
    const zip = join(house.data, 'export.zip');
    writeFileSync(zip, Buffer.from(await response.arrayBuffer()));
    const checked = JSON.parse((await runProgram(['verify', zip, '--json'])).out).export;
    expect([checked.state, checked.counts.verified]).toEqual(['verified', 41]);
    expect(checked.manifest.logs).toMatchObject([
      { stream: 'audit', records: 40, quarantined: 1 },
      { stream: 'logs', records: 1, quarantined: 1 },
    ]);
  }

  async function expectRefusedByLedger(): Promise<void> {
    const base = `/ledger/${house.tenant}`;
    const paths = [`${base}/audit/tile/entries/000.p/41`, `${base}/logs/block/000`];
    const why = { 'x-prooflog-justification': 'the incident is examined' };
    for (const path of paths) {
      for (const [key, headers] of [
        [house.key, why],
        [ADMIN_TOKEN, {}],
      ] as const) {
        const refused = await house.call<{ code: string }>('GET', path, undefined, key, headers);
        expect([refused.status, refused.body.code]).toEqual([451, 'quarantined']);
      }
      const given = await house.call('GET', path, undefined, ADMIN_TOKEN, why);
      expect(given.status).toBe(200);
      expect(given.text).toContain('lovelace');
    }
    // Hashes give nothing away, and neither does the descriptor of a block.
    expect((await house.call('GET', `${base}/audit/tile/0/000.p/41`)).status).toBe(200);
    expect((await house.call('GET', `${base}/logs/tile/entries/000.p/1`)).status).toBe(200);
    await house.indexed();
    const read = await house.search('action:quarantined_read', ['access']);
    expect(read[0]?.metadata?.details?.justification).toBe('the incident is examined');
  }

  it('is shown by nothing any more', expectWithheld);

  it('is left out of the bytes of the search store', async () => {
    for (const [table, stream] of [
      ['events', 'audit'],
      ['logs', 'logs'],
    ]) {
      const sql = `SELECT count() AS n FROM ${table} WHERE stream = '${stream}' AND position(concat(record, body, toString(fields)), 'lovelace') > 0`;
      const [row] = await house.engine.store.query<{ n: string | number }>({ sql, params: {} });
      expect(Number(row?.n)).toBe(0);
    }
  });

  it('stays so over a restart and a reindex, and is found only once', async () => {
    await house.stop();
    const reindexed = await runProgram(['reindex', '--data', house.data]);
    expect(reindexed.code, reindexed.err).toBe(0);
    await house.start();
    await house.indexed();
    await expectWithheld();
    // A sender who sends it again learns that it is known, and gets no receipt with it.
    const again = await house.call<IngestReply>('POST', '/v1/events?wait=sealed', [
      auditEvent({ event_id: eventId }),
    ]);
    expect(again.body).toMatchObject({ duplicates: 1, receipts: [] });
    const reply = await house.review();
    expect(reply.reports.flatMap((report) => report.hits)).toEqual([]);
    expect(await house.incidents()).toHaveLength(2);
  });

  it('is closed by somebody with a note: what is contained stays withheld', async () => {
    const incident = (await house.incidents()).find(({ event_id }) => event_id === logId);
    const path = `/v1/privacy-incidents/${incident?.id}/close`;
    const bare = await house.call('POST', path, { outcome: 'contained' });
    expect(bare.status).toBe(400);
    const closed = await house.call<PrivacyIncident>('POST', path, {
      outcome: 'contained',
      note: `the person, ${MAIL}, was told`,
    });
    expect(closed.body).toMatchObject({
      state: 'closed',
      outcome: 'contained',
      note: 'the person, [email], was told',
    });
    expect((await house.call('POST', path, { outcome: 'contained', note: 'again' })).status).toBe(409);
    await expectWithheld();
  });

  it('comes back when it was no leak, with the record of that, and is not raised again', async () => {
    const incident = (await house.incidents()).find(({ event_id }) => event_id === eventId);
    const path = `/v1/privacy-incidents/${incident?.id}/close`;
    const closed = await house.call<PrivacyIncident>('POST', path, {
      outcome: 'false_positive',
      note: 'a made-up address of the documentation',
    });
    expect(closed.body).toMatchObject({ state: 'closed', outcome: 'false_positive' });
    expect((await house.search('lovelace')).map((record) => record.event_id)).toEqual([eventId]);
    expect((await house.search('*', ['audit'])).filter((record) => record.event_id === eventId)).toHaveLength(
      1,
    );
    expect((await house.call('GET', `/v1/events/${eventId}/proof`)).status).toBe(200);
    expect((await house.call('GET', `/ledger/${house.tenant}/audit/tile/entries/000.p/41`)).status).toBe(200);
    await house.indexed();
    const [record] = await house.search('action:privacy_incident_closed', ['security']);
    expect(record?.actor?.type).toBe('service');
    const reply = await house.review();
    expect(reply.reports.flatMap((report) => report.hits)).toEqual([]);
  });
});

describe('a live tail', () => {
  it('shows a record that is withheld before it is searchable as such, between the others', async () => {
    const house = new House();
    await house.prepare();
    const stop = new AbortController();
    try {
      const log = `${house.tenant}/audit` as const;
      const planted = plantedEvent(log, { reason: `ask ${MAIL}` });
      const hits = [{ rule: 'email', path: 'reason' }];
      await house.engine.incidents.open(log, [{ leaf: 0, slot: 0, event_id: planted.eventId, hits }]);
      const response = await fetch(`${house.server.url}/v1/tail?query=*&streams=audit`, {
        headers: { authorization: `Bearer ${house.key}` },
        signal: stop.signal,
      });
      const after = plantedEvent(log, { reason: 'no leak' });
      await house.plant([planted.entry, after.entry]);
      let text = '';
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk as Uint8Array).toString();
        if (text.includes(after.eventId) && text.endsWith('\n\n')) break;
      }
      const shown = [...text.matchAll(/^data: (.*)$/gm)].flatMap(
        (m) => JSON.parse(m[1] ?? '') as StoredRecord[],
      );
      const types = Object.fromEntries(shown.map((record) => [record.event_id, record.event_type]));
      expect(types).toEqual({ [planted.eventId]: 'withheld', [after.eventId]: 'audit' });
      expect(text).not.toContain('lovelace');
      expect(await house.search('lovelace')).toEqual([]);
    } finally {
      stop.abort();
      await house.stop();
      removeDir(house.data);
    }
  });
});

describe('who may look for leaks', () => {
  it('needs manage_privacy, sees its own tenant, and leaves a record of it', async () => {
    const house = new House();
    await house.prepare();
    try {
      await house.engine.addTenant('other', ['company-governance'], 'eu');
      const reader = await house.call<{ key: string }>('POST', '/v1/keys', { role: 'reader' });
      for (const [method, path, body] of [
        ['GET', '/v1/privacy-incidents', undefined],
        ['GET', '/v1/review', undefined],
        ['POST', '/v1/review', {}],
        ['POST', '/v1/privacy-incidents/x/close', { outcome: 'contained', note: 'n' }],
      ] as const)
        expect((await house.call(method, path, body, reader.body.key)).status).toBe(403);
      const unknown = await house.call('POST', '/v1/privacy-incidents/x/close', {
        outcome: 'contained',
        note: 'n',
      });
      expect(unknown.status).toBe(404);
      await house.send(1);
      await house.review(false);
      const reports = (await house.call<ReviewReply>('GET', '/v1/review')).body.reports;
      expect(reports.length).toBeGreaterThan(0);
      expect(reports.every(({ log }) => log.startsWith(`${house.tenant}/`))).toBe(true);
      await house.incidents();
      await house.indexed();
      const read = await house.search('action:privacy_incidents_read OR action:reviews_read', ['access']);
      expect(read).toHaveLength(2);
    } finally {
      await house.stop();
      removeDir(house.data);
    }
  });
});

describe('a crash between the steps', () => {
  it('behind the first row about it: the next start withholds it and writes the record', async () => {
    const house = new House();
    await house.prepare();
    try {
      const planted = plantedEvent(`${house.tenant}/audit`, { reason: `ask ${MAIL}` });
      await house.plant([planted.entry]);
      await house.stop();
      const control = new Database(join(house.data, 'control.db'));
      control
        .prepare(
          `INSERT INTO privacy_incidents (id, log, leaf, slot, event_id, hits, ruleset, found_at, step)
           VALUES (?, ?, 0, 0, ?, '[{"rule":"email","path":"reason"}]', 'r', '2026-01-01T00:00:00Z', 'found')`,
        )
        .run(uuid7(), `${house.tenant}/audit`, planted.eventId);
      control.close();
      await house.start();
      expect(await until(async () => (await house.incidents())[0]?.state === 'open')).toBe(true);
      await house.indexed();
      expect(await house.search('lovelace')).toEqual([]);
      expect(await house.search('action:privacy_incident_opened', ['security'])).toHaveLength(1);
    } finally {
      await house.stop();
      removeDir(house.data);
    }
  });

  it.each([
    ['withheld', null],
    ['closing', 'contained'],
    ['closing', 'false_positive'],
    ['lifting', 'false_positive'],
  ] as const)('behind %s (%s): the next start goes on', async (step, outcome) => {
    const house = new House();
    await house.prepare();
    try {
      const planted = plantedEvent(`${house.tenant}/audit`, { reason: `ask ${MAIL}` });
      await house.plant([planted.entry]);
      await house.review();
      await house.stop();
      diedAt(house, step, outcome);
      await house.start();
      const wanted = outcome === null ? 'open' : 'closed';
      const reached = await until(async () => (await house.incidents())[0]?.state === wanted);
      expect(reached).toBe(true);
      await house.indexed();
      const isBack = outcome === 'false_positive';
      expect(await house.search('lovelace')).toHaveLength(isBack ? 1 : 0);
      expect(await house.search('action:privacy_incident_opened', ['security'])).toHaveLength(1);
      expect(await house.search('*', ['audit'])).toHaveLength(1);
    } finally {
      await house.stop();
      removeDir(house.data);
    }
  });

  /** What the control database says when the program died behind a step. */
  function diedAt(house: House, step: string, outcome: string | null): void {
    const control = new Database(join(house.data, 'control.db'));
    control
      .prepare('UPDATE privacy_incidents SET step = ?, outcome = ?, close_id = ?')
      .run(step, outcome, outcome === null ? null : uuid7());
    control.close();
  }
});

describe('many leaks at once', () => {
  it('are withheld together, and each has its record', async () => {
    const house = new House();
    await house.prepare();
    try {
      const lines = Array.from({ length: 700 }, (_, i) => ({
        message: i % 2 === 0 ? `to ${MAIL}` : `line ${i}`,
      }));
      await house.plant([plantedLogs(house.tenant, lines).entry]);
      const reply = await house.review();
      expect(reportOf(reply, 'logs')).toMatchObject({ looked_at: 700, incidents: 350 });
      expect((await house.incidents()).every(({ state }) => state === 'open')).toBe(true);
      expect(await house.search('lovelace')).toEqual([]);
      expect(await house.search('line')).toHaveLength(350);
      expect(await house.search('action:privacy_incident_opened', ['security'])).toHaveLength(350);
    } finally {
      await house.stop();
      removeDir(house.data);
    }
  });
});

describe('prooflog review', () => {
  it('prints what it found and leaves 1, then 0', async () => {
    const house = new House();
    await house.prepare();
    try {
      await house.plant([plantedEvent(`${house.tenant}/audit`, { reason: `ask ${MAIL}` }).entry]);
      const args = ['review', '--all', '--url', house.server.url, '--token', ADMIN_TOKEN];
      const first = await runProgram(args);
      expect([first.code, first.err]).toEqual([1, '']);
      expect(first.out).toContain('email in reason: 1 records');
      expect(first.out).not.toContain('lovelace');
      const second = await runProgram([...args, '--json']);
      expect(second.code).toBe(0);
      expect(JSON.parse(second.out).length).toBeGreaterThan(0);
    } finally {
      await house.stop();
      removeDir(house.data);
    }
  });
});

async function until(holds: () => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}
