import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openZip } from '@prooflog/proof/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Problem, SearchReply } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { ADMIN_TOKEN, Program, removeDir, runProgram, tempDir } from '../support/program.js';

const EACH = 2_500;
let program: Program;
let key: string;
let tenantId: string;
const data = tempDir();
const work = tempDir();

beforeAll(async () => {
  program = await Program.start(data);
  ({ key, id: tenantId } = await program.tenant('acme'));
  await sendAudit(EACH, 'chosen');
  await sendLogs(EACH, 'chosen');
  await sendAudit(300, 'other');
  await sendLogs(300, 'other');
  const counted = () =>
    program.post<{ total: number }>('/v1/histogram', key, {
      query: '*',
      streams: ['audit', 'logs'],
      buckets: 1,
    });
  await program.eventually(counted, (r) => r.body.total === 2 * (EACH + 300));
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
  removeDir(work);
});

async function sendAudit(count: number, entity: string): Promise<void> {
  const events = Array.from({ length: count }, () =>
    auditEvent({ entity: { type: 'policy', id: entity, version: 1 } }),
  );
  const { status } = await program.post('/v1/events', key, events);
  expect(status).toBe(200);
}

/** In several requests, since each becomes its own blocks. */
async function sendLogs(count: number, word: string): Promise<void> {
  for (let sent = 0; sent < count; sent += 500) {
    const logRecords = Array.from({ length: Math.min(500, count - sent) }, (_, i) => ({
      body: { stringValue: `${word} number ${sent + i}` },
    }));
    const { status } = await program.post('/v1/logs', key, {
      resourceLogs: [{ scopeLogs: [{ logRecords }] }],
    });
    expect(status).toBe(200);
  }
}

/** Exports into a new folder; the zip lies beside it. */
async function exported(
  name: string,
  body: object,
  as = key,
): Promise<{ dir: string; zip: string; records: number }> {
  const response = await fetch(`${program.url}/v1/exports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-disposition')).toMatch(/filename="prooflog-export-\d{8}T\d{6}Z\.zip"/);
  const zip = join(work, `${name}.zip`);
  writeFileSync(zip, Buffer.from(await response.arrayBuffer()));
  const dir = join(work, name);
  await unpack(zip, dir);
  return { dir, zip, records: Number(response.headers.get('x-prooflog-records')) };
}

async function unpack(zip: string, dir: string): Promise<void> {
  const files = await openZip(zip);
  try {
    for (const name of files.names) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), await files.read(name));
    }
  } finally {
    await files.close();
  }
}

/** As an outsider: only Node, no environment, in the folder itself. */
function outsider(dir: string, args: string[] = []): { code: number; out: string } {
  const run = spawnSync(process.execPath, ['verify.mjs', ...args], { cwd: dir, env: {}, encoding: 'utf8' });
  return { code: run.status ?? -1, out: run.stdout + run.stderr };
}

const filesIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((f) => statSync(join(dir, f)).isFile());

/** Does something to a file of a folder, looks, and puts it back. */
function altered<T>(path: string, how: (bytes: Buffer) => Buffer, look: () => T): T {
  const whole = readFileSync(path);
  try {
    writeFileSync(path, how(Buffer.from(whole)));
    return look();
  } finally {
    writeFileSync(path, whole);
  }
}
const flip =
  (at: number) =>
  (bytes: Buffer): Buffer => {
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
const lines =
  (how: (all: string[]) => string[]) =>
  (bytes: Buffer): Buffer =>
    Buffer.from(`${how(bytes.toString().trimEnd().split('\n')).join('\n')}\n`);

describe('an export of 5,000 audit and log records', () => {
  let dir: string;
  let zip: string;
  const ask = { query: 'chosen', streams: ['audit', 'logs'] };

  beforeAll(async () => {
    const made = await exported('mixed', { ...ask, query: 'entity.id:chosen OR "chosen"' });
    ({ dir, zip } = made);
    expect(made.records).toBe(2 * EACH);
  });

  it('is verified by Node alone, unpacked and as a zip', () => {
    const { code, out } = outsider(dir);
    expect(out).toContain('5000 verified');
    expect(code).toBe(0);
    expect(outsider(dir, [zip]).code).toBe(0);
    const { export: report } = JSON.parse(outsider(dir, ['--json']).out) as {
      export: {
        counts: Record<string, number>;
        records: { state: string; event_id: string; line: number }[];
      };
    };
    expect(report.counts).toEqual({ verified: 5_000, expired: 0, erased: 0, tampered: 0, unknown: 0 });
    expect(report.records).toHaveLength(5_000);
    expect(report.records.every((r) => r.state === 'verified' && /^[0-9a-f-]{36}$/.test(r.event_id))).toBe(
      true,
    );
  });

  it('is verified by the program, with keys from elsewhere, by its content and not by its name', async () => {
    const { body } = await program.get<{ logs: { stream: string; vkey: string }[] }>(
      '/v1/logs-of-trust',
      key,
    );
    const trust = body.logs.flatMap((log) => ['--vkey', log.vkey]);
    const other = join(work, 'receipt.tlog-proof');
    writeFileSync(other, readFileSync(zip));
    const { code, out, err } = await runProgram(['verify', other, ...trust]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('5000 verified');
    expect((await runProgram(['verify', dir, ...trust])).code).toBe(0);
  });

  it('holds names of streams only, the bytes that were sealed, and what was asked', async () => {
    expect(filesIn(dir).sort()).toEqual(
      [
        'README.md',
        'manifest.json',
        'manifest.note',
        'verify.mjs',
        'vkeys',
        ...['audit', 'logs'].flatMap((s) => [
          `records/${s}.ndjson`,
          `proofs/${s}.ndjson`,
          `proofs/${s}.path`,
          `proofs/${s}.checkpoint`,
        ]),
      ].sort(),
    );
    const [first = ''] = readFileSync(join(dir, 'records/audit.ndjson'), 'utf8').split('\n');
    const { event_id } = JSON.parse(first) as { event_id: string };
    const shown = await program.get<{ integrity: { hash?: string } }>(`/v1/events/${event_id}`, key);
    const { hash: _, ...integrity } = shown.body.integrity;
    expect(JSON.parse(first)).toEqual({ ...shown.body, integrity });
    const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({ records: 5_000, tenant: { id: tenantId, slug: 'acme' } });
  });

  it('names the file or the record when one byte of any file is flipped', async () => {
    for (const file of filesIn(dir)) {
      const { length } = readFileSync(join(dir, file));
      for (const at of [0, Math.floor(length / 2), length - 1]) {
        // An altered verifier cannot be asked about itself.
        const look = (): Promise<{ code: number; out: string }> | { code: number; out: string } =>
          file === 'verify.mjs' ? runProgram(['verify', dir]) : outsider(dir);
        const whole = readFileSync(join(dir, file));
        writeFileSync(join(dir, file), flip(at)(Buffer.from(whole)));
        const { code, out } = await look();
        writeFileSync(join(dir, file), whole);
        expect(code, `${file} at ${at}`).toBe(1);
        expect(out, `${file} at ${at}`).toContain(file);
      }
    }
    expect(outsider(dir).code).toBe(0);
  }, 120_000);

  it.each(['records/audit.ndjson', 'records/logs.ndjson'])(
    'names an altered record of %s and proves the rest',
    (file) => {
      const at = readFileSync(join(dir, file)).indexOf('"event_id":"', 100_000) + 'chosen'.length;
      const word = readFileSync(join(dir, file)).indexOf('chosen', at);
      const { code, out } = altered(join(dir, file), flip(word), () => outsider(dir));
      expect(code).toBe(1);
      expect(out).toMatch(
        new RegExp(`record_altered: ${file} \\(line \\d+, entry \\d+, event [0-9a-f-]{36}\\)`),
      );
      expect(out).toContain('4999 verified, 1 tampered');
    },
  );

  it.each(['0', '1', 'x'])(
    'proves the records although a hash in their proof lines was altered (to %s…)',
    (digit) => {
      for (const stream of ['audit', 'logs']) {
        const path = join(dir, `proofs/${stream}.ndjson`);
        const rewrite = (bytes: Buffer): Buffer =>
          Buffer.from(
            bytes
              .toString()
              .replace(
                /"hash":"../,
                (start) => `${start.slice(0, 8)}${digit}${start[9] === '2' ? '3' : '2'}`,
              ),
          );
        const { code, out } = altered(path, rewrite, () => outsider(dir));
        expect(code).toBe(1);
        expect(out).toContain('5000 verified');
        expect(out).toContain(`file_altered: proofs/${stream}.ndjson`);
      }
    },
  );

  it('blames the proof and not each record when a proof line cannot be read', () => {
    const path = join(dir, 'proofs/audit.ndjson');
    const { code, out } = altered(path, flip(0), () => outsider(dir));
    expect(code).toBe(1);
    expect(out).toContain('proof_invalid: proofs/audit.ndjson (line 1)');
    expect(out).toContain(`${EACH} verified, ${EACH} tampered`);
    expect(out).not.toContain('record_altered');
  });

  it.each<[string, string, (bytes: Buffer) => Buffer]>([
    ['two lines are swapped', 'records', lines(([a = '', b = '', ...rest]) => [b, a, ...rest])],
    ['a line is dropped', 'records', lines(([, ...rest]) => rest)],
    ['a line stands twice', 'records', lines(([a = '', ...rest]) => [a, a, ...rest])],
    ['a line is added', 'records', lines((all) => [...all, '{"event_id":"x"}'])],
    ['two places are swapped', 'proofs', lines(([a = '', b = '', ...rest]) => [b, a, ...rest])],
    ['a place is dropped', 'proofs', lines(([, ...rest]) => rest)],
    ['a place is added', 'proofs', lines((all) => [...all, all.at(-1) ?? ''])],
    ['all lines are gone', 'records', () => Buffer.alloc(0)],
  ])('is never verified when %s', (_name, folder, how) => {
    for (const stream of ['audit', 'logs']) {
      const { code, out } = altered(join(dir, folder, `${stream}.ndjson`), how, () => outsider(dir));
      expect(code).toBe(1);
      expect(out).toContain(`${folder}/${stream}.ndjson`);
    }
  });

  it('is never verified with a file gone, a file more, or one of another log', () => {
    for (const file of filesIn(dir)) {
      if (file === 'verify.mjs') continue;
      const whole = readFileSync(join(dir, file));
      rmSync(join(dir, file));
      const { code, out } = outsider(dir);
      writeFileSync(join(dir, file), whole);
      expect(code, file).toBe(1);
      expect(out, file).toContain(file);
    }
    writeFileSync(join(dir, 'records/more.ndjson'), '{}\n');
    expect(outsider(dir)).toMatchObject({ code: 1 });
    rmSync(join(dir, 'records/more.ndjson'));
    const foreign = readFileSync(join(dir, 'proofs/logs.checkpoint'));
    const swapped = altered(
      join(dir, 'proofs/audit.checkpoint'),
      () => foreign,
      () => outsider(dir),
    );
    expect(swapped.code).toBe(1);
    expect(swapped.out).toContain('The checkpoint is of another log.');
    expect(outsider(dir).code).toBe(0);
  });

  it('is never verified with the key of someone else', async () => {
    const other = await program.tenant('other');
    await program.post('/v1/events?wait=sealed', other.key, [auditEvent()]);
    const { body } = await program.get<{ logs: { vkey: string; origin: string }[] }>(
      '/v1/logs-of-trust',
      other.key,
    );
    const foreign = body.logs[0]?.vkey ?? '';
    expect(outsider(dir, ['--vkey', foreign]).code).toBe(2);
    const { code, out } = altered(
      join(dir, 'vkeys'),
      () => Buffer.from(`${foreign}\n`),
      () => outsider(dir),
    );
    expect(code).toBe(1);
    expect(out).toContain('file_altered: vkeys');
    // Another key under the right name, made with the same host: the signature is not by it, but that may be a changed key.
    const forged = await forgedVkey(
      readFileSync(join(dir, 'proofs/audit.checkpoint'), 'utf8').split('\n')[0] ?? '',
    );
    expect(outsider(dir, ['--vkey', forged]).code).toBe(2);
    expect(outsider(dir, ['--vkey', 'nonsense']).code).toBe(2);
  });

  it('is never verified as a zip in which a byte was flipped, or which was cut off', () => {
    const bytes = readFileSync(zip);
    const copy = join(work, 'flipped.zip');
    for (let i = 1; i < 40; i++) {
      writeFileSync(copy, flip(Math.floor((bytes.length * i) / 40))(Buffer.from(bytes)));
      expect(outsider(dir, [copy]).code).not.toBe(0);
    }
    writeFileSync(copy, bytes.subarray(0, bytes.length - 1));
    expect(outsider(dir, [copy]).code).toBe(2);
  }, 120_000);
});

async function forgedVkey(origin: string): Promise<string> {
  const { generateKeyPairSync } = await import('node:crypto');
  const { formatVkey } = await import('@prooflog/proof');
  const spki = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' });
  return formatVkey(origin, new Uint8Array(spki.subarray(-32)));
}

describe('a checkpoint kept from earlier', () => {
  const keep = async (name: string): Promise<string> => {
    const path = join(work, name);
    writeFileSync(path, (await program.get(`/ledger/${tenantId}/audit/checkpoint`, key)).text);
    return path;
  };

  it('is compared where the export holds what is needed, else it cannot tell', async () => {
    const kept = await keep('kept');
    await program.post('/v1/events?wait=sealed', key, [
      auditEvent({ entity: { type: 'policy', id: 'late', version: 1 } }),
      auditEvent(),
    ]);
    const whole = await exported('whole', { query: '*', streams: ['audit'] });
    const { code, out } = outsider(whole.dir, ['--checkpoint', kept]);
    expect([code, out]).toEqual([0, expect.stringContaining('the whole log')]);
    const part = await exported('part', { query: 'entity.id:late', streams: ['audit'] });
    expect(part.records).toBe(1);
    expect(outsider(part.dir).code).toBe(0);
    expect(outsider(part.dir).out).not.toContain('the whole log');
    // The record behind the 2,800 that were there: its path holds the very subtrees the other tree was made of.
    expect(outsider(part.dir, ['--checkpoint', kept]).code).toBe(0);
    const few = await exported('few', { query: 'entity.id:nowhere', streams: ['audit'] });
    expect(outsider(few.dir, ['--checkpoint', kept])).toMatchObject({
      code: 2,
      out: expect.stringContaining('The export holds too little'),
    });
    // Forged, newer, or of another log.
    const note = readFileSync(kept, 'utf8').split('\n');
    const forged = [note[0], note[1], Buffer.alloc(32, 7).toString('base64'), ...note.slice(3)].join('\n');
    writeFileSync(join(work, 'forged'), forged);
    expect(outsider(whole.dir, ['--checkpoint', join(work, 'forged')])).toMatchObject({
      code: 1,
      out: expect.stringContaining('not_a_continuation'),
    });
    await program.post('/v1/events?wait=sealed', key, [auditEvent()]);
    expect(outsider(whole.dir, ['--checkpoint', await keep('newer')]).code).toBe(2);
    writeFileSync(
      join(work, 'foreign'),
      (await program.get(`/ledger/${tenantId}/logs/checkpoint`, key)).text,
    );
    expect(outsider(whole.dir, ['--checkpoint', join(work, 'foreign')]).code).toBe(2);
  });
});

describe('POST /v1/exports', () => {
  it('lets a reader export and a sender not, and stays within the tenant', async () => {
    const reader = await program.key('acme', 'reader');
    expect((await exported('reader', { query: 'entity.id:late' }, reader)).records).toBe(1);
    const sender = await program.key('acme', 'ingest');
    const refused = await program.post<Problem>('/v1/exports', sender, { query: '*' });
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
    const { key: foreign } = await program.tenant('third');
    expect((await exported('third', { query: 'entity.id:late' }, foreign)).records).toBe(0);
    expect(outsider(join(work, 'third')).code).toBe(0);
  });

  it.each<[string, object, string]>([
    ['a query that cannot be read', { query: '(' }, 'query_syntax'],
    ['a stream that is not there', { query: '*', streams: ['audit', '../x'] }, 'unknown_field'],
    ['a time that is none', { query: '*', from: 'yesterday-ish' }, 'bad_time'],
    ['a field that is not known', { query: '*', colour: 1 }, 'undeclared_field'],
  ])('refuses %s before it begins', async (_name, body, code) => {
    const reply = await program.post<Problem>('/v1/exports', key, body);
    expect([reply.status, reply.body.code]).toEqual([400, code]);
  });

  it('is one state of each log, also while more comes in', async () => {
    const { key: busy } = await program.tenant('busy');
    // Past the edges of bundles and tiles again and again, so that partial files go while they are read.
    const sending = (async () => {
      for (let i = 0; i < 30; i++)
        await program.post(
          '/v1/events',
          busy,
          Array.from({ length: 97 }, () => auditEvent()),
        );
    })();
    const sizes: number[] = [];
    for (let i = 0; i < 6; i++) {
      const { dir, records } = await exported(`busy-${i}`, { query: '*', streams: ['audit'] }, busy);
      sizes.push(records);
      expect(outsider(dir)).toMatchObject({
        code: 0,
        // Everything under the checkpoint was found: the search had caught up with it.
        out: expect.stringContaining(records === 0 ? '0 verified' : 'the whole log'),
      });
    }
    await sending;
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(
      (await exported('busy-end', { query: '*', streams: ['audit'] }, busy)).records,
    ).toBeLessThanOrEqual(2_910);
  });

  it('is given up when nobody reads it any more', async () => {
    for (let i = 0; i < 6; i++) {
      const stop = new AbortController();
      await fetch(`${program.url}/v1/exports`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: '{"query":"*"}',
        signal: stop.signal,
      });
      stop.abort();
    }
    const again = () => program.post('/v1/exports', key, { query: 'entity.id:late' });
    expect((await program.eventually(again, (r) => r.status !== 429)).status).toBe(200);
  });

  it('is itself a record, and says nothing personal anywhere', async () => {
    const person = 'marguerite@example.com';
    const { dir } = await exported('personal', {
      query: `actor:${person} OR "+44 20 7946 0958"`,
      streams: ['audit'],
    });
    for (const file of filesIn(dir).filter((f) => f !== 'verify.mjs'))
      expect(readFileSync(join(dir, file), 'utf8')).not.toMatch(/marguerite|7946/);
    expect(outsider(dir).code).toBe(0);
    const recorded = () =>
      program.post<SearchReply>('/v1/search', key, { query: 'action:records_exported', streams: ['access'] });
    const { body } = await program.eventually(recorded, (r) =>
      r.body.records.some(
        (record) => record.metadata?.details?.streams === 'audit' && record.metadata.details.returned === 0,
      ),
    );
    expect(body.records.length).toBeGreaterThan(3);
    expect(JSON.stringify(body)).not.toMatch(/marguerite|7946/);
  });
});

describe('prooflog export', () => {
  const run = (...args: string[]) =>
    runProgram(['export', '--url', program.url, '--token', ADMIN_TOKEN, '--tenant', 'acme', ...args]);

  it('saves a zip that its own verifier verifies, and says how much it is', async () => {
    const out = join(work, 'by-command.zip');
    const made = await run('--query', 'chosen', '--stream', 'audit', 'logs', '--out', out, '--json');
    expect(made).toMatchObject({ code: 0, err: expect.stringContaining('5000 records') });
    expect(JSON.parse(made.out)).toMatchObject({ records: 5_000, file: out, bytes: statSync(out).size });
    expect((await runProgram(['verify', out])).code).toBe(0);
  });

  it('leaves nothing behind when it is refused', async () => {
    const out = join(work, 'refused.zip');
    const { code, err } = await run('--query', '(', '--out', out);
    expect([code, err.startsWith('prooflog: ')]).toEqual([1, true]);
    expect(readdirSync(work).filter((name) => name.startsWith('refused'))).toEqual([]);
    const nowhere = await run('--out', join(work, 'no/such/folder.zip'));
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining('ENOENT')]);
  });
});
