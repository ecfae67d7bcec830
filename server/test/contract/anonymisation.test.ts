import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, toRfc3339 } from '../../src/base/clock.js';
import { DEFAULTS } from '../../src/base/settings.js';
import { type OpenEngine, openEngine } from '../../src/build/engine.js';
import { compileSearch, type RecordRow } from '../../src/query/compile.js';
import { parseQuery } from '../../src/query/parse.js';
import { auditEvent, uuid7 } from '../support/events.js';
import { plantedLogs } from '../support/planted.js';
import { removeDir, tempDir } from '../support/program.js';

const DAY = 86_400_000;
const START = Date.UTC(2025, 0, 1);
const NETWORK = '203.0.113.0';
const NETWORK6 = '2001:db8:7::';
const FREE = '198.51.100.77';

class Era {
  now = START;
  tenant = '';
  readonly data = tempDir();
  readonly clock: Clock = () => this.now;

  get settings() {
    return { ...DEFAULTS, data: this.data, log_level: 'silent', expiry_round: '86400' };
  }

  open(): Promise<OpenEngine> {
    return openEngine(this.settings, { clock: this.clock });
  }

  /** A block of lines with addresses, and an audit event with one. */
  async send(engine: OpenEngine): Promise<void> {
    const { entry } = plantedLogs(
      this.tenant,
      [
        { clientIp: NETWORK, hostName: 'web-1', message: `refused\n${FREE} twice` },
        { clientIp: NETWORK6, attributes: { peer: FREE, nested: { of: [NETWORK6] } } },
      ],
      this.now,
    );
    await engine.journal.append([entry]);
    const sender = {
      tenant: { id: this.tenant, slug: 'acme', packs: ['company-governance'] },
      credential: 'test',
    };
    const value = auditEvent({ event_id: uuid7(), occurred_at: toRfc3339(this.now) });
    expect((await engine.pipeline.events([{ index: 0, value }], [], sender)).rejected).toEqual([]);
    await settled(engine);
  }
}

async function settled(engine: OpenEngine): Promise<void> {
  expect(await engine.indexedTo(engine.journal.durable, AbortSignal.timeout(30_000))).toBe(true);
}

/** Whole rows, as texts. */
async function rowsOf(engine: OpenEngine, table: string, stream: string): Promise<string[]> {
  const sql = `SELECT * FROM ${table} WHERE stream = '${stream}' ORDER BY leaf, slot`;
  return (await engine.store.query<object>({ sql, params: {} })).map((row) => JSON.stringify(row));
}

const ADDRESSES = /203\.0\.113|198\.51\.100|2001:db8/;

describe('network addresses in logs', () => {
  const era = new Era();
  let engine: OpenEngine;
  let before: string[] = [];

  beforeAll(async () => {
    engine = await era.open();
    era.tenant = (await engine.addTenant('acme', ['company-governance'], 'eu')).id;
    await era.send(engine);
    era.now = START + 89 * DAY;
    await engine.anonymisation.run();
  });
  afterAll(async () => {
    await engine.close();
    removeDir(era.data);
  });

  it('stay for their time', async () => {
    before = await rowsOf(engine, 'logs', 'logs');
    expect(before.map((row) => ADDRESSES.test(row))).toEqual([true, true]);
    expect(engine.anonymisation.below(`${era.tenant}/logs`)).toBe(0);
  });

  it('go from the search store when it is over, wherever they stand; later ones stay', async () => {
    await era.send(engine);
    era.now = START + 91 * DAY;
    await engine.anonymisation.run();
    const rows = await rowsOf(engine, 'logs', 'logs');
    expect(rows.map((row) => ADDRESSES.test(row))).toEqual([false, false, true, true]);
    const record = JSON.parse((JSON.parse(rows[0] ?? '') as { record: string }).record) as { data: object };
    expect(record.data).toEqual({
      clientIp: '[address]',
      hostName: 'web-1',
      level: 'INFO',
      message: 'refused\n[address] twice',
    });
    const scope = { tenant: era.tenant, streams: ['logs'], from: 0, to: era.now, now: era.now };
    const found = await engine.store.query<RecordRow>(
      compileSearch(parseQuery(`"${FREE}"`), scope, { limit: 10, order: 'oldest' }),
    );
    expect(found.map((row) => Number(row.leaf))).toEqual([1]);
  });

  it('stay in other streams, and in the ledger', async () => {
    expect((await rowsOf(engine, 'events', 'audit')).every((row) => row.includes(NETWORK))).toBe(true);
    expect(readFileSync(join(era.data, 'ledger', era.tenant, 'logs/block/000'), 'utf8')).toContain(NETWORK);
  });

  it('leave a record of it', async () => {
    await settled(engine);
    const admin = await rowsOf(engine, 'events', 'admin');
    const records = admin.filter((row) => row.includes('addresses_anonymised'));
    expect(records).toHaveLength(1);
    const { record } = JSON.parse(records[0] ?? '') as { record: string };
    expect((JSON.parse(record) as { metadata: { details: object } }).metadata.details).toEqual({
      origin: `prooflog.local/${era.tenant}/logs`,
      below: 1,
      entries: 1,
      after: 'P90D',
    });
  });

  it('do not come back with a reindex, which makes the very same rows', async () => {
    const rows = await rowsOf(engine, 'logs', 'logs');
    await engine.close();
    const tool = await openEngine(era.settings, { clock: era.clock, seal: false });
    await tool.indexer.rebuild(() => undefined);
    const again = await rowsOf(tool, 'logs', 'logs');
    await tool.close();
    engine = await era.open();
    expect(again).toEqual(rows);
  });

  it('go at the next start after a crash behind the record', async () => {
    era.now = START + 200 * DAY;
    const log = `${era.tenant}/logs` as const;
    await engine.close();
    const { default: Database } = await import('libsql');
    const control = new Database(join(era.data, 'control.db'));
    control.prepare("UPDATE anonymisations SET since = 1, below = 2, step = 'recorded'").run();
    control.close();
    engine = await era.open();
    await engine.anonymisation.run();
    expect(engine.anonymisation.below(log)).toBe(2);
    expect((await rowsOf(engine, 'logs', 'logs')).some((row) => ADDRESSES.test(row))).toBe(false);
  });
});
