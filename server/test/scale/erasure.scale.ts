import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openZip } from '@prooflog/proof/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErasureReply, IngestReply, SearchReply } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';

const RECORDS = 1_000_000;
const PEOPLE = 10_000;
const BATCH = 5_000;
const ERASED = 4_711;

let program: Program;
let key: string;
let tenant: string;
const data = tempDir();
const work = tempDir();
const backups = join(work, 'backups');

const idOf = (n: number): string => `person.${n}.of.many@example.org`;
const wordsOf = (n: number): string => `in confidence of number ${n}, to nobody else`;

beforeAll(async () => {
  mkdirSync(backups);
  program = await Program.start(data, { PROOFLOG_ERASURE_SCAN: backups, PROOFLOG_LOG_LEVEL: 'warn' });
  ({ key, id: tenant } = await program.tenant('acme'));
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
  removeDir(work);
});

const said = (n: number): Record<string, unknown> =>
  auditEvent({
    actor: { type: 'user', id: idOf(n), role: 'analyst' },
    metadata: { safe_fields_only: true, details: { field: 'x', statement: wordsOf(n) } },
  });

async function send(from: number): Promise<number> {
  const events = Array.from({ length: BATCH }, (_, i) => said((from + i) % PEOPLE));
  return (await program.post<IngestReply>('/v1/events', key, events)).body.accepted;
}

const sealed = async (): Promise<number> =>
  Number((await program.get(`/ledger/${tenant}/audit/checkpoint`, key)).text.split('\n')[1] ?? 0);

const found = async (): Promise<number> =>
  (
    await program.post<{ total: number }>('/v1/histogram', key, {
      query: '*',
      from: 'now-1d',
      streams: ['audit'],
      buckets: 1,
    })
  ).body.total;

/** Every file below these folders that holds one of the texts. */
function holding(dirs: readonly string[], texts: readonly string[]): string[] {
  const files = dirs.flatMap((dir) =>
    readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => join(dir, name)),
  );
  return files.filter((path) => {
    if (!statSync(path).isFile()) return false;
    const bytes = readFileSync(path);
    return texts.some((text) => bytes.includes(text));
  });
}

describe('one of ten thousand people in a million records', () => {
  let erasure: ErasureReply;

  it('is known by a pseudonym in a hundred of them', async () => {
    let accepted = 0;
    for (let from = 0; from < RECORDS; from += BATCH) accepted += await send(from);
    expect(accepted).toBe(RECORDS);
    expect(await program.eventually(sealed, (n) => n === RECORDS, 300_000)).toBe(RECORDS);
    expect(await program.eventually(found, (n) => n === RECORDS, 600_000)).toBe(RECORDS);
    for (const folder of ['ledger', 'journal'])
      cpSync(join(data, folder), join(backups, folder), { recursive: true });
    const { body } = await program.post<SearchReply>('/v1/search', key, {
      query: `actor:"${idOf(ERASED)}"`,
      from: 'now-1d',
      streams: ['audit'],
      limit: 1000,
    });
    expect(body.records).toHaveLength(RECORDS / PEOPLE);
  }, 1_200_000);

  it('is erased', async () => {
    const asked = { subject: idOf(ERASED), ground: 'art. 17(1)(a)' };
    const { status, body } = await program.post<ErasureReply>('/v1/erasures', key, asked);
    expect(status).toBe(200);
    erasure = body;
    expect(erasure.state).toBe('scanned');
    expect(erasure.scan.flatMap((report) => [...report.found, ...report.unread])).toEqual([]);
    expect(erasure.scan.map((report) => report.place)).toContain('erasure_scan 1');
    const took = Date.parse(erasure.destroyed_at ?? '') - Date.parse(erasure.requested_at);
    const bytes = erasure.scan.reduce((sum, report) => sum + report.bytes, 0);
    console.info(`erased in ${took} ms; then ${(bytes / 2 ** 30).toFixed(1)} GiB were looked through`);
  }, 600_000);

  it('everything still verifies, and a hundred records are told to be erased', async () => {
    expect(await program.stop()).toBe(0);
    const { code, out } = await runProgram(['verify', data, '--json']);
    expect(code).toBe(0);
    const { logs } = JSON.parse(out) as { logs: { name: string; status: string; counts: object }[] };
    expect(logs.every((log) => log.status === 'verified')).toBe(true);
    expect(logs.find((log) => log.name.endsWith('/audit'))?.counts).toEqual({
      verified: RECORDS - RECORDS / PEOPLE,
      expired: 0,
      erased: RECORDS / PEOPLE,
    });
  }, 600_000);

  it('is erased to a second verifier that reads only the export', async () => {
    program = await Program.start(data, { PROOFLOG_ERASURE_SCAN: backups, PROOFLOG_LOG_LEVEL: 'warn' });
    const zip = join(work, 'erased.zip');
    const made = await fetch(`${program.url}/v1/exports`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: `actor.id:${erasure.subject}`, from: 'now-1d', streams: ['audit'] }),
    });
    expect(made.status).toBe(200);
    writeFileSync(zip, Buffer.from(await made.arrayBuffer()));
    const files = await openZip(zip);
    const dir = join(work, 'export');
    for (const name of files.names) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), await files.read(name));
    }
    await files.close();
    const run = spawnSync(process.execPath, ['verify.mjs', '--json'], {
      cwd: dir,
      env: {},
      encoding: 'utf8',
    });
    const { counts } = (JSON.parse(run.stdout) as { export: { counts: Record<string, number> } }).export;
    expect(run.status).toBe(0);
    expect(counts.erased).toBe(RECORDS / PEOPLE);
  }, 600_000);

  it('has left no word in any file: data directory, backups, export', async () => {
    await program.stop();
    const needles = [idOf(ERASED), wordsOf(ERASED)];
    expect(holding([data, backups, join(work, 'export')], needles)).toEqual([]);
    // The scan can find: what stands in the clear is found.
    writeFileSync(join(backups, 'planted'), `x${wordsOf(ERASED)}x`);
    expect(holding([backups], needles)).toEqual([join(backups, 'planted')]);
  }, 600_000);
});
