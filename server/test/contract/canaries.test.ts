import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ErasureReply, SearchReply, SubjectRecordsReply } from '../../src/api/contract.js';
import { realDisk } from '../../src/base/disk.js';
import { Keyring } from '../../src/base/keyring.js';
import { subjectKey } from '../../src/vault/seal.js';
import { SubjectKeys } from '../../src/vault/subject-keys.js';
import { auditEvent } from '../support/events.js';
import { inMemory, memoryReadable } from '../support/process-memory.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';
import { describeWith } from '../support/real-part.js';

/** T2: a thousand values of five people, erased; then looked for everywhere, and in what an older backup brings back. */

const PEOPLE = 5;
const EACH = 200;
const data = tempDir();
const backup = tempDir();
let program: Program;
let key = '';
let tenant = '';
const person = (n: number): string => `canary.person.${1_000 + n}@example.org`;
const canary = (n: number, i: number): string => `canary-${1_000 + n}-${i}-must-not-be-found`;
const subjects: string[] = [];
const needles = new Map<string, Buffer>();

const said = (n: number, i: number): Record<string, unknown> =>
  auditEvent({
    actor: { type: 'user', id: person(n), role: 'analyst' },
    metadata: { safe_fields_only: true, details: { field: 'x', statement: canary(n, i) } },
  });

const read = (n: number) =>
  program.post<SubjectRecordsReply>('/v1/subjects/records', key, { subject: person(n) });

/** Names of all files below a folder that hold one of these bytes. */
function filesWith(dir: string, bytes: readonly Buffer[]): string[] {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => {
    const path = join(dir, name);
    if (!statSync(path).isFile()) return false;
    const content = readFileSync(path);
    return bytes.some((needle) => content.includes(needle));
  });
}

/** What a subject's key is on disk and in memory, taken from a copy of the data directory. */
async function keysOf(dir: string, subject: string, n: number): Promise<[string, Buffer][]> {
  const control = new Database(join(dir, 'control.db'));
  try {
    const keys = new SubjectKeys(control, await Keyring.open(realDisk, join(dir, 'keys')));
    const found = keys.reveal(tenant, subject);
    if (found === null) throw new Error('the backup has no such key');
    const { encrypt, commit } = subjectKey(found.dek);
    return Object.entries({ ...found, encrypt, commit }).map(([name, bytes]) => [`${name} ${n}`, bytes]);
  } finally {
    control.close();
  }
}

beforeAll(async () => {
  program = await Program.start(data);
  ({ key, id: tenant } = await program.tenant('acme'));
  for (let n = 0; n < PEOPLE; n++)
    await program.post(
      '/v1/events?wait=sealed',
      key,
      Array.from({ length: EACH }, (_, i) => said(n, i)),
    );
  expect(await program.stop()).toBe(0);
  cpSync(data, backup, { recursive: true });
  program = await Program.start(data);
  for (let n = 0; n < PEOPLE; n++) {
    const { body } = await read(n);
    subjects.push(body.subject);
    expect(body.records).toHaveLength(EACH);
  }
  const copy = tempDir();
  cpSync(backup, copy, { recursive: true });
  for (const n of [0, 2, 4])
    for (const [name, bytes] of await keysOf(copy, subjects[n] as string, n)) needles.set(name, bytes);
  removeDir(copy);
}, 120_000);
afterAll(async () => {
  await program?.stop();
  removeDir(data);
  removeDir(backup);
});

describeWith('Linux with the right to read memory', memoryReadable(), 'T2: 1,000 canaries', () => {
  it('are readable before, and their keys are where they will be looked for', async () => {
    const there = inMemory(program.pid, needles);
    for (const n of [0, 2, 4])
      expect([...there]).toEqual(expect.arrayContaining([`encrypt ${n}`, `commit ${n}`]));
    expect(filesWith(data, [needles.get('wrapped 2') as Buffer])).not.toEqual([]);
    expect(filesWith(backup, [needles.get('wrapped 2') as Buffer])).not.toEqual([]);
  });

  it('are erased: in no file, raw pages and logs of the stores included, and no key in memory', async () => {
    for (let n = 0; n < PEOPLE; n++) {
      const { body } = await program.post<ErasureReply>('/v1/erasures', key, {
        subject: person(n),
        ground: 'art. 17(1)(b)',
      });
      expect(body).toMatchObject({ state: 'scanned', subject: subjects[n] });
    }
    const there = inMemory(program.pid, needles);
    expect([...there].sort()).toEqual([]);
    expect(await program.stop()).toBe(0);
    const ids = Array.from({ length: PEOPLE }, (_, n) => Buffer.from(person(n)));
    const values = [Buffer.from('must-not-be-found')];
    expect(filesWith(data, [...ids, ...values, ...needles.values()])).toEqual([]);
  }, 300_000);

  it('stay unreadable when all but keys and control database comes from an older backup', async () => {
    const restored = tempDir();
    cpSync(backup, restored, { recursive: true });
    for (const name of ['control.db', 'control.db-wal', 'control.db-shm', 'keys']) {
      removeDir(join(restored, name));
      if (existsSync(join(data, name))) cpSync(join(data, name), join(restored, name), { recursive: true });
    }
    expect(filesWith(restored, [Buffer.from('must-not-be-found'), ...needles.values()])).toEqual([]);
    removeDir(restored);
  });

  it('are erased again at the start, before anything is read, when an older control database came back', async () => {
    for (const name of ['control.db', 'control.db-wal', 'control.db-shm']) removeDir(join(data, name));
    cpSync(join(backup, 'control.db'), join(data, 'control.db'));
    expect(filesWith(data, [needles.get('wrapped 2') as Buffer])).toEqual(['control.db']);
    program = await Program.start(data);
    expect(program.output).toContain('erasures were repeated');
    expect(filesWith(data, [...needles.values()])).toEqual([]);
    for (const n of [0, 2, 4]) expect((await read(n)).status).toBe(404);
    const { body } = await program.post<SearchReply>('/v1/search', key, {
      query: `actor.id:${subjects[2]}`,
      streams: ['audit'],
    });
    expect(body.records.length).toBeGreaterThan(0);
    for (const record of body.records)
      expect(String(record.metadata?.details?.statement)).toMatch(/^sealed:v1:/);
    expect((await runProgram(['verify', data])).code).toBe(0);
  });
});
