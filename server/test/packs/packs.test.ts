import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORM_PACK } from '../../src/api/access-log.js';
import type { IngestReply, SearchReply, StoredRecord } from '../../src/api/contract.js';
import { applySource } from '../../src/guard/event/source.js';
import { loadPacks } from '../../src/pack/load.js';
import type { Pack, Sample } from '../../src/pack/model.js';
import { loadSamples, sampleEvent, sampleLogs } from '../../src/pack/samples.js';
import { uuid7 } from '../support/events.js';
import { Program, ROOT, removeDir, tempDir } from '../support/program.js';
import { newWorld, plantedIn } from './kept.js';
import { checkLog, checkRecord, declarationOf, isLogOf, type Sent } from './records.js';

const packs = [...loadPacks(join(ROOT, 'packs')).values()].filter((pack) => pack.name !== PLATFORM_PACK);

let program: Program;
const data = tempDir();
beforeAll(async () => {
  program = await Program.start(data);
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
});

/** One pack's samples on their way into a tenant of its own, and what was answered. */
class Loaded {
  readonly pack: Pack;
  readonly tenant: string;
  readonly samples: readonly Sample[];
  readonly world = newWorld();
  readonly now = Date.now();
  /** Accepted event samples by the id of their record. */
  readonly sent = new Map<string, Sample>();
  readonly records = new Map<string, StoredRecord>();
  readonly logs: StoredRecord[] = [];
  readonly replies: string[] = [];
  readonly #key: string;

  private constructor(pack: Pack, tenant: string, key: string) {
    this.pack = pack;
    this.tenant = tenant;
    this.#key = key;
    this.samples = loadSamples(pack);
  }

  static async into(pack: Pack): Promise<Loaded> {
    const { id, key } = await program.tenant(pack.name, [pack.name]);
    return new Loaded(pack, id, key);
  }

  accepted(): Sample[] {
    return this.samples.filter((sample) => sample.expect === 'accepted');
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const reply = await program.post<T>(path, this.#key, body);
    this.replies.push(reply.text);
    return reply.body;
  }

  /** Events of one shape in one request. */
  async send(source: string | undefined): Promise<IngestReply> {
    const samples = this.accepted().filter((s) => s.event !== undefined && s.source === source);
    const events = samples.map((sample) => sampleEvent(sample, uuid7(), this.now));
    const path = `/v1/events?ids=1${source === undefined ? '' : `&source=${source}`}`;
    const reply = await this.post<IngestReply>(path, events);
    for (const [i, id] of (reply.event_ids ?? []).entries()) this.sent.set(id, samples[i] as Sample);
    return reply;
  }

  async sendLogs(): Promise<number> {
    const logs = this.accepted().filter((sample) => sample.log !== undefined);
    if (logs.length > 0) await this.post('/v1/logs', sampleLogs(logs, this.now));
    return logs.length;
  }

  /** Everything that can be found once all of it can be. */
  async read(events: number, logs: number): Promise<void> {
    const count = async (): Promise<number> => {
      this.records.clear();
      this.logs.length = 0;
      for (let cursor: string | undefined; ; ) {
        const query = { query: '*', limit: 1_000, ...(cursor === undefined ? {} : { cursor }) };
        const page: SearchReply = await this.post<SearchReply>('/v1/search', query);
        for (const record of page.records)
          if (record.stream === 'logs') this.logs.push(record);
          else this.records.set(record.event_id, record);
        cursor = page.cursor;
        if (cursor === undefined) return this.records.size + this.logs.length;
      }
    };
    expect(await program.eventually(count, (found) => found === events + logs)).toBe(events + logs);
  }

  /** What a sample says in our envelope. */
  envelope({ event, source }: Sample): Sent {
    const declared = this.pack.sources.find((s) => s.name === source);
    return (declared === undefined ? event : applySource(declared, event, this.tenant)) as Sent;
  }
}

/** What went wrong with one sample, by its place, without stopping at the first. */
function complaints(checks: Iterable<[string, () => void]>): string[] {
  return [...checks].flatMap(([name, check]) => {
    try {
      check();
      return [];
    } catch (error) {
      return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
}

describe.each(packs.map((pack) => [pack.name, pack] as const))('the pack %s', (_, pack) => {
  let loaded: Loaded;
  beforeAll(async () => {
    loaded = await Loaded.into(pack);
  });

  it('has every declared event among its samples, and enough of them', () => {
    const shown = new Set(
      loaded.samples
        // Without a consent there is no other right answer.
        .filter((s) => s.event !== undefined && (s.expect === 'accepted' || s.expect === 'no_consent'))
        .map((sample) => declarationOf(pack, loaded.envelope(sample)))
        .map((by) => `${by.eventType} ${by.action} ${by.version}`),
    );
    const declared = pack.events.map((by) => `${by.eventType} ${by.action} ${by.version}`);
    expect(declared.filter((name) => !shown.has(name))).toEqual([]);
    expect(loaded.accepted().length).toBeGreaterThanOrEqual(200);
    expect(loaded.samples.length - loaded.accepted().length).toBeGreaterThanOrEqual(25);
  });

  it('every valid sample is accepted and comes out of search as it is declared', async () => {
    const sources = [undefined, ...pack.sources.map((source) => source.name)];
    for (const source of sources) expect((await loaded.send(source)).rejected, source).toEqual([]);
    const logs = await loaded.sendLogs();
    expect(loaded.sent.size + logs).toBe(loaded.accepted().length);
    await loaded.read(loaded.sent.size, logs);
    const events = [...loaded.sent].map(([id, sample]): [string, () => void] => {
      const sent = loaded.envelope(sample);
      const by = declarationOf(pack, sent);
      const record = loaded.records.get(id) as StoredRecord;
      return [
        `${by.eventType} ${by.action} ${sample.ago}`,
        () => checkRecord(sent, record, by, loaded.world),
      ];
    });
    expect(complaints(events)).toEqual([]);
  });

  it('every log sample is found with its fields as they are declared', () => {
    const logs = loaded.accepted().filter((sample) => sample.log !== undefined);
    const checks = logs.map((sample): [string, () => void] => {
      const at = new Date(loaded.now - sample.ago * 1_000).toISOString();
      const found = loaded.logs.filter((record) => isLogOf(sample, at, record));
      return [
        `${sample.log?.service} ${sample.ago}`,
        () => {
          expect(found).toHaveLength(1);
          checkLog(sample, found[0] as StoredRecord, pack, loaded.world);
        },
      ];
    });
    expect(complaints(checks)).toEqual([]);
  });

  it('every invalid sample is refused with its code', async () => {
    const wrong: string[] = [];
    for (const [i, sample] of loaded.samples.entries()) {
      if (sample.expect === 'accepted') continue;
      const path = sample.source === undefined ? '/v1/events' : `/v1/events?source=${sample.source}`;
      const event = sampleEvent(sample, uuid7(), loaded.now);
      const reply = await loaded.post<IngestReply & { code?: string }>(path, event);
      const code = reply.code ?? reply.rejected[0]?.code ?? 'accepted';
      if (code !== sample.expect) wrong.push(`sample ${i}: ${code} instead of ${sample.expect}`);
    }
    expect(wrong).toEqual([]);
  });

  it('what is watched and shown can be asked for', async () => {
    const queries = [
      ...pack.detectors.map(({ name, query }) => ({ name, query, streams: [] as readonly string[] })),
      ...pack.dashboards.flatMap(({ name, panels }) =>
        panels.flatMap(({ data: shown }) =>
          'search' in shown ? [{ name, query: shown.search.query, streams: shown.search.streams }] : [],
        ),
      ),
    ];
    const refused: string[] = [];
    for (const { name, query, streams } of queries) {
      // Traces and metrics have stores of their own.
      const asked = streams.filter((stream) => stream !== '*' && stream !== 'traces' && stream !== 'metrics');
      const reply = await loaded.post<SearchReply & { code?: string }>('/v1/search', {
        query,
        streams: asked,
        limit: 1,
      });
      if (reply.code !== undefined) refused.push(`${name}: ${query}: ${reply.code}`);
    }
    expect(refused).toEqual([]);
  });

  it('every detector of its own events finds some among the samples', async () => {
    const names = pack.events.flatMap((event) => [event.eventType, event.action]);
    const blind: string[] = [];
    for (const { name, query } of pack.detectors) {
      if (!names.some((own) => query.includes(`:${own}`))) continue;
      const reply = await loaded.post<SearchReply>('/v1/search', { query, limit: 1 });
      if (reply.records.length === 0) blind.push(name);
    }
    expect(blind).toEqual([]);
  });

  it('nothing personal of the samples is in any reply', () => {
    const { secrets } = loaded.world;
    for (const planted of plantedIn(JSON.stringify(loaded.samples))) secrets.add(planted);
    const all = loaded.replies.join('\n');
    expect(secrets.size).toBeGreaterThan(10);
    expect([...secrets].filter((secret) => secret.length >= 6 && all.includes(secret))).toEqual([]);
  });
});
