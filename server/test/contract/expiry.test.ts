import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LogCounts, parseMinimumIndex, parseNote } from '@prooflog/proof';
import { runVerify } from '@prooflog/proof/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, toRfc3339 } from '../../src/base/clock.js';
import { type Disk, realDisk } from '../../src/base/disk.js';
import { DEFAULTS, type Settings } from '../../src/base/settings.js';
import { type OpenEngine, openEngine } from '../../src/build/engine.js';
import type { LogInput } from '../../src/event/log-input.js';
import type { LogName } from '../../src/event/stages.js';
import type { OpenExport } from '../../src/export/exporter.js';
import { parseQuery } from '../../src/query/parse.js';
import type { LogExpiry } from '../../src/retention/expiry.js';
import { startServer } from '../../src/server.js';
import { auditEvent, uuid7 } from '../support/events.js';
import { ADMIN_TOKEN, removeDir, runProgram, tempDir } from '../support/program.js';

const DAY = 86_400_000;
const START = Date.UTC(2020, 0, 1);
const OLD = 300;
const NEW = 40;

/** The program with a clock that the test sets; records are as old as it says. */
class Era {
  now = START;
  readonly data = tempDir();
  readonly clock: Clock = () => this.now;
  tenant = '';

  settings(parts: Partial<Settings> = {}): Settings {
    return {
      ...DEFAULTS,
      data: this.data,
      listen: '127.0.0.1:0',
      admin_token: ADMIN_TOKEN,
      log_level: 'silent',
      integrity_round: '1',
      expiry_round: '86400',
      ...parts,
    };
  }

  async open(disk: Disk = realDisk): Promise<OpenEngine> {
    return openEngine(this.settings(), { clock: this.clock, disk });
  }

  get log(): LogName {
    return `${this.tenant}/audit`;
  }

  get logs(): LogName {
    return `${this.tenant}/logs`;
  }

  /** Audit events of one person, and as many requests of one log line. */
  async send(engine: OpenEngine, count: number, person: string): Promise<void> {
    const sender = {
      tenant: { id: this.tenant, slug: 'acme', packs: ['company-governance'] },
      credential: 'test',
    };
    const items = Array.from({ length: count }, (_, index) => ({
      index,
      value: auditEvent({
        event_id: uuid7(),
        occurred_at: toRfc3339(this.now),
        actor: { type: 'user', id: person },
      }),
    }));
    const { rejected } = await engine.pipeline.events(items, [], sender);
    expect(rejected).toEqual([]);
    for (let n = 0; n < count; n++) await engine.pipeline.logs([line(this.now + n)], sender);
    expect(await engine.indexedTo(engine.journal.durable, AbortSignal.timeout(30_000))).toBe(true);
  }

  remove(): void {
    removeDir(this.data);
  }
}

const line = (ms: number): LogInput => ({
  timeUnixNano: BigInt(ms) * 1_000_000n,
  observedTimeUnixNano: 0n,
  severityNumber: 9,
  severityText: 'INFO',
  body: 'a line',
  attributes: new Map(),
  resource: new Map([['service.name', 'era']]),
  scopeName: '',
  scopeVersion: '',
  scopeAttributes: new Map(),
  traceId: '',
  spanId: '',
  eventName: '',
});

/** Old records of one person, and newer ones of another eight years later, not expired yet. */
async function prepared(): Promise<Era> {
  const era = new Era();
  const engine = await era.open();
  era.tenant = (await engine.addTenant('acme', ['company-governance'], 'eu')).id;
  await era.send(engine, OLD, 'grace-7391');
  await engine.close();
  era.now = START + 8 * 366 * DAY;
  return era;
}

async function verified(target: string, args: string[] = []): Promise<Record<string, LogCounts>> {
  let out = '';
  const io = {
    out: (text: string): void => {
      out += text;
    },
    err: () => undefined,
    env: {},
  };
  const code = await runVerify([target, '--json', ...args], io);
  const { logs } = JSON.parse(out) as { logs: { name: string; counts: LogCounts; findings: unknown[] }[] };
  expect([code, logs.flatMap((log) => log.findings)]).toEqual([0, []]);
  return Object.fromEntries(logs.map((log) => [log.name.split('/').at(-1), log.counts]));
}

const rows = async (engine: OpenEngine, table: string, where: string): Promise<number> => {
  const sql = `SELECT count() AS n FROM ${table} WHERE ${where}`;
  return Number((await engine.store.query<{ n: string }>({ sql, params: {} }))[0]?.n);
};

const of = (logs: readonly LogExpiry[], log: LogName): LogExpiry | undefined =>
  logs.find((one) => one.log === log);

describe('records whose time is over', () => {
  let era: Era;
  let engine: OpenEngine;
  let receipt: string;
  let vkey: string;

  beforeAll(async () => {
    era = await prepared();
    // The first round of the job comes with the start: it must find nothing before its time.
    era.now = START + 300 * DAY;
    engine = await era.open();
    const rule = await engine.rules.of(era.tenant, 'audit');
    expect(rule).toMatchObject({ keep: { years: 7 }, overridden: false });
    expect((await engine.expiry.run()).every((log) => log.to === 0)).toBe(true);
    const sql = `SELECT event_id FROM events WHERE stream = 'audit' AND leaf = 0`;
    const [first] = await engine.store.query<{ event_id: string }>({ sql, params: {} });
    const tenant = engine.tenants.get(era.tenant);
    if (tenant === undefined) throw new Error('no tenant');
    receipt = (await engine.proofOf(tenant, first?.event_id ?? ''))?.proof ?? '';
    vkey = readFileSync(join(era.data, 'ledger', era.log, 'vkey'), 'utf8').trim();
    era.now = START + 8 * 366 * DAY;
    await era.send(engine, NEW, 'katherine-2218');
  });
  afterAll(async () => {
    await engine.close();
    era.remove();
  });

  it('are named before they go, with the reason, and nothing is changed by that', async () => {
    const plan = await engine.expiry.plan();
    expect(of(plan, era.log)).toMatchObject({ from: 0, to: OLD, size: OLD + NEW, stop: 'age' });
    expect(of(plan, era.log)?.rule?.because).toContain('seven years');
    expect(of(plan, era.logs)).toMatchObject({ from: 0, to: OLD, stop: 'age' });
    expect((await verified(era.data)).audit).toEqual({ verified: OLD + NEW, expired: 0, erased: 0 });
  });

  it('go: bundles, blocks and rows; the log verifies, and so does a receipt from before', async () => {
    const done = await engine.expiry.run();
    expect(done.filter((log) => log.failed !== undefined)).toEqual([]);
    expect(of(done, era.log)).toMatchObject({ from: 0, to: OLD });
    const dir = join(era.data, 'ledger');
    expect(existsSync(join(dir, era.log, 'tile/entries/000'))).toBe(false);
    expect(existsSync(join(dir, era.log, 'tile/0/000'))).toBe(true);
    expect(existsSync(join(dir, era.logs, `block/${OLD - 1}`))).toBe(false);
    expect(existsSync(join(dir, era.logs, `block/${OLD}`))).toBe(true);
    const note = parseNote(readFileSync(join(dir, era.log, 'minimum-index')));
    expect(parseMinimumIndex(note.text)).toEqual({ origin: `prooflog.local/${era.log}`, index: OLD });
    const counts = await verified(era.data);
    // The bundle in which the minimum index lies is still whole.
    expect(counts.audit).toEqual({ verified: OLD + NEW - 256, expired: 256, erased: 0 });
    expect(counts.logs).toEqual({ verified: NEW, expired: OLD, erased: 0 });
    for (const [table, stream] of [
      ['events', 'audit'],
      ['logs', 'logs'],
    ] as const) {
      expect(await rows(engine, table, `stream = '${stream}' AND leaf < ${OLD}`)).toBe(0);
      expect(await rows(engine, table, `stream = '${stream}'`)).toBe(NEW);
    }
    const path = join(era.data, 'receipt.tlog-proof');
    writeFileSync(path, receipt);
    expect((await runProgram(['verify', path, '--vkey', vkey])).code).toBe(0);
  });

  it('leave a record of it, sealed, for each log', async () => {
    const sql = `SELECT record FROM events WHERE stream = 'admin' AND action = 'records_expired' ORDER BY leaf`;
    expect(await engine.indexedTo(engine.journal.durable, AbortSignal.timeout(30_000))).toBe(true);
    const found = await engine.store.query<{ record: string }>({ sql, params: {} });
    const records = found.map(
      (row) => JSON.parse(row.record) as { entity: object; metadata: { details: object } },
    );
    expect(records).toHaveLength(2);
    expect(records.find((r) => JSON.stringify(r.entity).includes('audit'))?.metadata.details).toEqual({
      origin: `prooflog.local/${era.log}`,
      minimum_index: OLD,
      expired: OLD,
      keep: 'P7Y',
      because: expect.stringContaining('kept for seven years'),
    });
  });

  it('are no tampering to the scrubber, while a file above them is', async () => {
    const roundsOn = async (): Promise<void> => {
      era.now += 1_000;
      const since = toRfc3339(era.now);
      await until(() =>
        [era.log, era.logs].every((log) => {
          const status = engine.scrubber.status().find((one) => one.log === log);
          return (status?.lastRound?.finishedAt ?? '') >= since;
        }),
      );
    };
    const open = (): string[] => engine.scrubber.status().flatMap((s) => s.findings.map((f) => f.path));
    await roundsOn();
    // A round that was under way when the clock moved ends with the new time.
    await roundsOn();
    expect(open()).toEqual([]);
    const block = join(era.data, 'ledger', era.logs, `block/${OLD + 1}`);
    const bytes = readFileSync(block);
    await realDisk.remove(block);
    await until(() => open().length > 0);
    expect(open()).toEqual([`block/${OLD + 1}`]);
    writeFileSync(block, bytes);
    await until(() => open().length === 0);
    const note = join(era.data, 'ledger', era.log, 'minimum-index');
    const signed = readFileSync(note);
    await realDisk.remove(note);
    await until(() => open().length > 0);
    expect(open()).toEqual(['minimum-index']);
    writeFileSync(note, signed);
    await until(() => open().length === 0);
  });

  it('stay gone when nothing else is over, and when the search store is built anew', async () => {
    expect((await engine.expiry.run()).every((log) => log.from === log.to)).toBe(true);
    await engine.close();
    const tool = await openEngine(era.settings(), { clock: era.clock, seal: false });
    await tool.indexer.rebuild(() => undefined);
    expect(await rows(tool, 'events', `stream = 'audit'`)).toBe(NEW);
    expect(await rows(tool, 'logs', `stream = 'logs'`)).toBe(NEW);
    await tool.close();
    engine = await era.open();
    expect(engine.minimums.of(era.log)).toEqual({ index: OLD, settled: true });
  });
});

describe('over HTTP', () => {
  it('what expired is gone, what is left verifies, and periods are set with a ground', async () => {
    const era = await prepared();
    const server = await startServer(era.settings(), era.clock);
    const call = async (method: string, path: string, body?: object, key = ADMIN_TOKEN) => {
      const response = await fetch(server.url + path, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          'x-prooflog-tenant': 'acme',
          'content-type': 'application/json',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) : undefined };
    };
    try {
      const at = `/v1/tenants/acme/retention`;
      const refused = await call('PUT', `${at}/audit`, { keep: 'P30D' });
      expect([refused.status, refused.body.code, refused.body.errors[0].field]).toEqual([
        400,
        'missing_field',
        'because',
      ]);
      expect((await call('PUT', `${at}/audit`, { keep: 'soon', because: 'x' })).body.code).toBe('bad_format');
      expect((await call('PUT', `${at}/nothing`, { keep: 'P9Y' })).status).toBe(404);
      const longer = await call('PUT', `${at}/audit`, { keep: 'P10Y' });
      expect(longer.body).toMatchObject({ stream: 'audit', keep: 'P10Y', declared: 'P7Y', overridden: true });
      const { key } = (await call('POST', '/v1/keys', { tenant: 'acme', role: 'admin' })).body;
      expect((await call('PUT', `${at}/audit`, { keep: 'P9Y' }, key)).status).toBe(403);
      expect((await call('POST', '/v1/expiry', {}, key)).status).toBe(403);
      const listed = (await call('GET', at, undefined, key)).body.retention;
      expect(listed.find((rule: { stream: string }) => rule.stream === 'logs')).toMatchObject({
        keep: 'P1Y',
      });

      const command = ['expire', '--url', server.url, '--token', ADMIN_TOKEN, '--tenant', 'acme'];
      const dry = await runProgram([...command, '--dry-run']);
      expect(dry.out).not.toMatch(/FAILED/);
      const done = JSON.parse((await runProgram([...command, '--json'])).out) as {
        log: string;
        to: number;
      }[];
      expect(done.find((log) => log.log === era.log)?.to).toBe(0);
      const shorter = await call('PUT', `${at}/audit`, { keep: 'P5Y', because: 'agreed with the auditors' });
      expect(shorter.body).toMatchObject({ keep: 'P5Y', because: 'agreed with the auditors' });
      expect((await call('POST', '/v1/expiry', { dry_run: true })).body.logs).toContainEqual(
        expect.objectContaining({ log: era.log, from: 0, to: OLD, stopped_by: 'end', keep: 'P5Y' }),
      );
      expect((await runProgram(command)).out).toContain(
        `expires   ${era.log}  ${OLD}: 0 to ${OLD - 1} of ${OLD}`,
      );

      for (const path of ['tile/entries/000', `block/000`]) {
        const gone = await call(
          'GET',
          `/ledger/${era.tenant}/${path.startsWith('tile') ? 'audit' : 'logs'}/${path}`,
        );
        expect([gone.status, gone.body.code]).toEqual([410, 'expired']);
      }
      expect((await call('GET', `/ledger/${era.tenant}/audit/tile/0/000`)).status).toBe(200);
      expect((await call('GET', `/ledger/${era.tenant}/audit/minimum-index`)).text).toContain(`\n${OLD}\n`);
      const counts = await verified(server.url, ['--token', key]);
      expect(counts.audit).toEqual({ verified: OLD - 256, expired: 256, erased: 0 });

      const found = await call('POST', '/v1/search', {
        query: '*',
        streams: ['audit'],
        from: '1970-01-01T00:00:00Z',
      });
      expect(found.body.records).toEqual([]);
      await era.send(server.engine, 2, 'katherine-2218');
      const zip = join(era.data, 'export.zip');
      const response = await fetch(`${server.url}/v1/exports`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify({ query: '*', streams: ['audit'] }),
      });
      writeFileSync(zip, Buffer.from(await response.arrayBuffer()));
      const checked = JSON.parse((await runProgram(['verify', zip, '--json'])).out).export;
      expect([checked.state, checked.counts.verified]).toEqual(['verified', 2]);
      expect(checked.manifest.logs[0]).toMatchObject({ stream: 'audit', minimum_index: OLD });
    } finally {
      await server.stop();
      era.remove();
    }
  });
});

describe('a legal hold', () => {
  it('stops the expiry at the first record of its subject, until it is lifted', async () => {
    const era = await prepared();
    era.now = START + 1_000;
    let engine = await era.open();
    await era.send(engine, 3, 'annie-1933');
    const subject = engine.vault.find(era.tenant, 'annie-1933') ?? '';
    const hold = await engine.holds.set(era.tenant, subject, 'case 4711', null);
    await era.send(engine, 3, 'grace-7391');
    await engine.close();
    era.now = START + 8 * 366 * DAY;
    engine = await era.open();
    try {
      await until(() => engine.minimums.of(era.log).index === OLD && engine.minimums.of(era.log).settled);
      expect(of(await engine.expiry.plan(), era.log)).toMatchObject({ from: OLD, to: OLD, stop: 'hold' });
      expect(of(await engine.expiry.plan(), era.logs)).toMatchObject({ stop: 'end' });
      await engine.holds.lift(era.tenant, hold.id);
      expect(of(await engine.expiry.run(), era.log)).toMatchObject({ from: OLD, to: OLD + 6, stop: 'end' });
    } finally {
      await engine.close();
      era.remove();
    }
  });
});

describe('a crash', () => {
  let template: Era;
  beforeAll(async () => {
    template = await prepared();
  });
  afterAll(() => template.remove());

  /** A disk on which some files cannot be replaced or removed, or can and it says otherwise. */
  const failing = (fails: (path: string) => boolean, did: boolean): Disk => {
    const faulty = async (path: string, work: () => Promise<void>): Promise<void> => {
      if (!fails(path) || did) await work();
      if (fails(path)) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    };
    return {
      ...realDisk,
      rename: (from, to) => faulty(to, () => realDisk.rename(from, to)),
      remove: (path) => faulty(path, () => realDisk.remove(path)),
    };
  };
  const steps: [string, (path: string) => boolean][] = [
    ['at the note', (path) => path.endsWith('/minimum-index')],
    ['at a block', (path) => path.endsWith('/block/123')],
    ['at a bundle', (path) => path.endsWith('/tile/entries/000')],
  ];
  const cases = steps.flatMap(([name, fails]) =>
    [false, true].map((did) => [`${name}${did ? ', which was done' : ''}`, fails, did] as const),
  );

  async function resumed(era: Era, records: number): Promise<void> {
    const engine = await era.open();
    try {
      const logs: LogName[] = [era.log, era.logs];
      await until(() => logs.every((log) => engine.minimums.row(log)?.step === 'done'));
      for (const log of logs) expect(engine.minimums.of(log)).toEqual({ index: OLD, settled: true });
      expect(await engine.indexedTo(engine.journal.durable, AbortSignal.timeout(30_000))).toBe(true);
      expect(await rows(engine, 'events', `action = 'records_expired'`)).toBe(records);
      expect(await rows(engine, 'events', `stream = 'audit'`)).toBe(0);
      expect(await rows(engine, 'logs', `stream = 'logs'`)).toBe(0);
      const counts = await verified(era.data);
      expect(counts.audit).toMatchObject({ expired: 256 });
      expect(counts.logs).toMatchObject({ expired: OLD });
    } finally {
      await engine.close();
      era.remove();
    }
  }

  function copied(): Era {
    const era = new Era();
    cpSync(template.data, era.data, { recursive: true });
    era.tenant = template.tenant;
    era.now = template.now;
    return era;
  }

  it.each(cases)('%s: the next start goes on, and the log verifies in between', async (_, fails, did) => {
    const era = copied();
    const engine = await era.open(failing(fails, did));
    const done = await engine.expiry.run();
    await engine.close();
    expect(done.some((log) => log.failed !== undefined)).toBe(true);
    await verified(era.data);
    await resumed(era, 2);
  });

  /** What the control database says when the program died behind a step. */
  async function diedAt(era: Era, step: 'decided' | 'published'): Promise<void> {
    const engine = await openEngine(era.settings(), { clock: era.clock, seal: false });
    for (const log of [era.log, era.logs])
      await engine.minimums.save({ log, since: 0, minimum_index: OLD, step, record_id: uuid7() });
    await engine.close();
  }

  it('before the record is written: nothing is gone, and it is written then', async () => {
    const era = copied();
    await diedAt(era, 'decided');
    expect((await verified(era.data)).audit).toEqual({ verified: OLD, expired: 0, erased: 0 });
    await resumed(era, 2);
  });

  it('before a hold that came meanwhile: nothing goes until it is lifted', async () => {
    const era = copied();
    await diedAt(era, 'decided');
    let engine = await openEngine(era.settings(), { clock: era.clock, seal: false });
    const subject = engine.vault.find(era.tenant, 'grace-7391') ?? '';
    const hold = await engine.holds.set(era.tenant, subject, 'case 4711', null);
    await engine.close();
    engine = await era.open();
    expect(of(await engine.expiry.run(), era.log)).toMatchObject({ from: 0, to: 0, stop: 'hold' });
    expect(engine.minimums.of(era.log)).toEqual({ index: 0, settled: true });
    await engine.holds.lift(era.tenant, hold.id);
    await engine.close();
    await resumed(era, 2);
  });

  it('between files and rows: the rows go at the next start', async () => {
    const era = copied();
    await diedAt(era, 'published');
    await realDisk.remove(join(era.data, 'ledger', era.log, 'tile/entries/000'));
    const blocks = join(era.data, 'ledger', era.logs, 'block');
    for (const name of await realDisk.list(blocks)) await realDisk.remove(join(blocks, name));
    await resumed(era, 0);
  });
});

describe('a control database from before an expiry', () => {
  it('learns from the signed note what is gone, and nothing is taken for damaged or recorded twice', async () => {
    const era = await prepared();
    try {
      cpSync(join(era.data, 'control.db'), join(era.data, 'backup.db'));
      let engine = await era.open();
      await until(() => [era.log, era.logs].every((log) => engine.minimums.row(log)?.step === 'done'));
      await engine.close();
      cpSync(join(era.data, 'backup.db'), join(era.data, 'control.db'));
      engine = await era.open();
      const done = await engine.expiry.run();
      expect(done.filter((log) => log.failed !== undefined)).toEqual([]);
      expect(engine.minimums.of(era.log)).toEqual({ index: OLD, settled: true });
      expect(await engine.indexedTo(engine.journal.durable, AbortSignal.timeout(30_000))).toBe(true);
      const sql = `SELECT uniqExact(event_id) AS n FROM events WHERE action = 'records_expired'`;
      expect(Number((await engine.store.query<{ n: string }>({ sql, params: {} }))[0]?.n)).toBe(2);
      expect((await verified(era.data)).audit).toMatchObject({ expired: 256 });
      await engine.close();
    } finally {
      era.remove();
    }
  });
});

describe('an export', () => {
  it('leaves out what has just expired, and ends with that reason when it does so meanwhile', async () => {
    const era = await prepared();
    era.now = START + 1_000;
    const engine = await era.open();
    try {
      const scope = { tenant: era.tenant, streams: ['audit'], from: 0, to: era.now + DAY, now: era.now };
      const said = { created_at: '', created_by: { credential: '', role: '' }, query: '*', from: '', to: '' };
      const open = () =>
        engine.exporter.open({
          ...{ node: parseQuery('*'), scope, said },
          tenant: { id: era.tenant, slug: 'acme', host: 'prooflog.local' },
        });
      const read = async (made: OpenExport): Promise<void> => {
        for await (const file of made.files()) for await (const _ of file.content);
      };
      const before = await open();
      const row = { log: era.log, since: 0, minimum_index: 256, record_id: uuid7() };
      // What the disk and the search store look like between two steps of an expiry.
      await engine.minimums.save({ ...row, step: 'published' });
      await realDisk.remove(join(era.data, 'ledger', era.log, 'tile/entries/000'));
      const between = await open();
      expect([before.records, between.records]).toEqual([OLD, OLD - 256]);
      await read(between);
      await expect(read(before)).rejects.toMatchObject({ code: 'expired' });
    } finally {
      await engine.close();
      era.remove();
    }
  });
});

describe('the record of an erasure', () => {
  it('is kept as long as records from before it, which stay erased and do not turn to verified', async () => {
    const era = new Era();
    let engine = await era.open();
    try {
      era.tenant = (await engine.addTenant('acme', ['company-governance'], 'eu')).id;
      await era.send(engine, OLD, 'grace-7391');
      await engine.rules.set(era.tenant, 'audit', { years: 9, months: 0, days: 0 }, undefined);
      const by = { credential: 'test', role: 'admin' };
      era.now += 1_000;
      await engine.erasures.erase(era.tenant, by, 'grace-7391', 'asked');
      for (let n = 0; n < 3; n++) {
        await engine.close();
        era.now += (n < 2 ? 8 : 10) * 366 * DAY;
        engine = await era.open();
        const admin: LogName = `${era.tenant}/admin`;
        const done = await engine.expiry.run();
        const again = await engine.expiry.run();
        expect([...done, ...again].filter((log) => log.failed !== undefined)).toEqual([]);
        const counts = (await verified(era.data)).audit;
        expect(counts).toMatchObject({
          verified: n < 2 ? 0 : 1,
          erased: n === 0 ? OLD : n === 1 ? OLD - 256 : 0,
        });
        if (n < 2) expect(of(again, admin)).toMatchObject({ to: 0, stop: 'evidence' });
        // The last bundle goes only when it is full.
        if (n === 1) await era.send(engine, 256 - (OLD % 256) + 1, 'katherine-2218');
        if (n === 2) expect(of(done, admin)?.to).toBeGreaterThan(0);
      }
    } finally {
      await engine.close();
      era.remove();
    }
  });
});

describe('a change of keys', () => {
  it('that fails at the note has it signed before anything is said to be signed by the new key', async () => {
    const era = await prepared();
    let broken = false;
    const engine = await era.open({
      ...realDisk,
      rename: async (from, to) => {
        if (broken && to.endsWith('/minimum-index')) throw Object.assign(new Error('EIO'), { code: 'EIO' });
        return realDisk.rename(from, to);
      },
    });
    const dir = join(era.data, 'ledger', era.log);
    const signatures = (file: string): number => parseNote(readFileSync(join(dir, file))).signatures.length;
    const keys = (): number => readFileSync(join(dir, 'vkey'), 'utf8').trim().split('\n').length;
    try {
      await until(() => engine.minimums.row(era.log)?.step === 'done');
      broken = true;
      await expect(
        engine.rotation.rotate(era.tenant, { credential: 'test', role: 'admin' }),
      ).rejects.toThrow();
      expect([keys(), signatures('minimum-index'), engine.ledger.quiet]).toEqual([1, 1, false]);
      broken = false;
      await era.send(engine, 1, 'katherine-2218');
      await until(() => engine.ledger.quiet);
      expect([keys(), signatures('minimum-index')]).toEqual([2, 2]);
      expect((await verified(era.data)).audit).toMatchObject({ expired: 256 });
    } finally {
      await engine.close();
      era.remove();
    }
  });
});

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 45_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error('it never came to hold');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
