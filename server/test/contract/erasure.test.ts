import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  ErasureReply,
  IngestReply,
  Problem,
  SearchReply,
  SubjectRecordsReply,
} from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';

const PERSON = 'grace.hopper.7391@example.org';
const OTHER = 'katherine.johnson.2218@example.org';
const WORDS = 'what only this person should ever say again';

let program: Program;
let key: string;
let tenant: string;
const data = tempDir();
const backups = join(data, '..', `${data.split('/').at(-1)}-backups`);

const start = async (): Promise<void> => {
  program = await Program.start(data, { PROOFLOG_ERASURE_SCAN: backups });
};
beforeAll(async () => {
  mkdirSync(backups);
  await start();
  ({ key, id: tenant } = await program.tenant('acme'));
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
  removeDir(backups);
});

const said = (id: string): Record<string, unknown> =>
  auditEvent({
    actor: { type: 'user', id, role: 'analyst' },
    metadata: { safe_fields_only: true, details: { field: 'x', statement: WORDS } },
  });

async function statementsOf(subject: string): Promise<string[]> {
  const { body } = await program.post<SearchReply>('/v1/search', key, {
    query: `actor.id:${subject}`,
    streams: ['audit'],
  });
  return body.records.map((record) => String(record.metadata?.details?.statement));
}

/** Every file below a folder that holds the bytes. The program goes on: temporary files come and go. */
function filesWith(dir: string, bytes: Buffer): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => {
      try {
        return statSync(path).isFile() && readFileSync(path).includes(bytes);
      } catch {
        return false;
      }
    });
}

describe('erasure', () => {
  let subject = '';
  let erasure: ErasureReply;

  it('a sealed value is a ciphertext in every file and in every answer', async () => {
    await program.post('/v1/events?wait=sealed', key, [said(PERSON), said(PERSON), said(OTHER)]);
    const { body } = await program.post<SearchReply>('/v1/search', key, {
      query: `actor:${PERSON}`,
      streams: ['audit'],
    });
    subject = String(body.records[0]?.actor?.id);
    const statements = await statementsOf(subject);
    expect(statements).toHaveLength(2);
    for (const statement of statements) expect(statement).toMatch(new RegExp(`^sealed:v1:${subject}:`));
    expect(new Set(statements).size).toBe(2);
    expect(filesWith(data, Buffer.from(WORDS))).toEqual([]);
  });

  it('can be read by those who may, and reading it is recorded', async () => {
    const { body } = await program.post<SubjectRecordsReply>('/v1/subjects/records', key, {
      subject: PERSON,
    });
    expect(body.subject).toBe(subject);
    expect(body.records.map((record) => record.metadata?.details?.statement)).toEqual([WORDS, WORDS]);
    const recorded = await program.eventually(
      () =>
        program.post<SearchReply>('/v1/search', key, { query: 'action:subject_read', streams: ['admin'] }),
      (r) => r.body.records.length > 0,
    );
    expect(recorded.body.records[0]).toMatchObject({
      entity: { id: subject },
      metadata: { details: { returned: 2 } },
    });
    const reader = await program.key('acme', 'reader');
    expect((await program.post('/v1/subjects/records', reader, { subject: PERSON })).status).toBe(403);
  });

  it('a text that claims to be sealed is not taken', async () => {
    const forged = said(PERSON);
    forged.metadata = { safe_fields_only: true, details: { note: `sealed:v1:${subject}:AAAA` } };
    const { body } = await program.post<IngestReply>('/v1/events?wait=sealed', key, forged);
    const proof = body.receipts?.[0]?.proof ?? '';
    expect(Buffer.from(proof.split('\n')[1]?.split(' ')[1] ?? '', 'base64').toString()).toContain(
      '[forged_seal]',
    );
  });

  it('is refused under a hold, with the ground recorded, and possible after it', async () => {
    const { body: hold } = await program.post<{ id: string }>('/v1/holds', key, {
      subject: PERSON,
      ground: 'art. 17(3)(e) case 4711',
    });
    const refused = await program.post<Problem>('/v1/erasures', key, {
      subject: PERSON,
      ground: 'art. 17(1)',
    });
    expect([refused.status, refused.body.code]).toEqual([409, 'legal_hold']);
    const recorded = await program.eventually(
      () =>
        program.post<SearchReply>('/v1/search', key, { query: 'action:erasure_refused', streams: ['admin'] }),
      (r) => r.body.records.length > 0,
    );
    expect(recorded.body.records[0]).toMatchObject({
      entity: { type: 'subject', id: subject },
      result: 'denied',
      metadata: { details: { ground: 'art. 17(3)(e) case 4711' } },
    });
    expect((await program.request('DELETE', `/v1/holds/${hold.id}`, { key })).status).toBe(204);
  });

  it('destroys key and mapping, and says where it looked and what it found', async () => {
    writeFileSync(
      join(backups, 'old.tar'),
      Buffer.concat([Buffer.alloc(5_000_000), Buffer.from(`user=${PERSON};`)]),
    );
    const reply = await program.post<ErasureReply>('/v1/erasures', key, {
      subject: PERSON,
      ground: 'art. 17(1)(b)',
    });
    expect(reply.status).toBe(200);
    erasure = reply.body;
    expect(erasure).toMatchObject({ state: 'scanned', subject, ground: 'art. 17(1)(b)' });
    const found = erasure.scan.flatMap((report) =>
      report.found.map((f) => `${report.place}/${f.file}: ${f.what}`),
    );
    expect(found).toEqual(["erasure_scan 1/old.tar: the subject's own id"]);
    expect(erasure.scan.map((report) => report.place)).toEqual(
      expect.arrayContaining(['journal', 'ledger', 'store', 'keys', 'control.db', 'store rows']),
    );
    expect(reply.text).not.toContain(PERSON);
    expect(filesWith(data, Buffer.from(PERSON))).toEqual([]);
  });

  it('leaves the ledger whole, the others readable, and the person a stranger', async () => {
    const verified = await runProgram(['verify', data]);
    expect([verified.code, verified.err]).toEqual([0, expect.any(String)]);
    expect((await statementsOf(subject)).filter((s) => s.startsWith('sealed:v1:'))).toHaveLength(2);
    await program.post('/v1/events?wait=sealed', key, said(PERSON));
    const { body } = await program.post<SearchReply>('/v1/search', key, {
      query: `actor:${PERSON}`,
      streams: ['audit'],
    });
    expect(body.records).toHaveLength(1);
    expect(body.records[0]?.actor?.id).not.toBe(subject);
  });

  it('gives a receipt that is checked offline', async () => {
    const vkey = readFileSync(join(data, 'ledger', tenant, 'admin', 'vkey'), 'utf8').trim();
    expect(erasure.proofs).toHaveLength(2);
    for (const [i, proof] of erasure.proofs.entries()) {
      const path = join(backups, `receipt-${i}.tlog-proof`);
      writeFileSync(path, proof);
      expect((await runProgram(['verify', path, '--vkey', vkey])).code).toBe(0);
      const extra = Buffer.from(proof.split('\n')[1]?.split(' ')[1] ?? '', 'base64').toString();
      expect(extra).toContain(i === 0 ? '"action":"subject_erased"' : '"action":"erasure_scanned"');
      expect(extra).toContain(`"id":"${subject}"`);
      if (i === 1) expect(extra).toContain('"found":1');
    }
  });

  it('T2: a restored backup is erased again by a new scan', async () => {
    const { body } = await program.post<ErasureReply>('/v1/erasures', key, {
      subject: OTHER,
      ground: 'before',
    });
    expect(body.state).toBe('scanned');
    await program.post('/v1/events?wait=sealed', key, said(OTHER));
    // A copy of the whole directory, taken while the program stands still.
    expect(await program.stop()).toBe(0);
    const copy = join(backups, 'copy');
    cpSync(data, copy, { recursive: true });
    await start();
    const erased = await program.post<ErasureReply>('/v1/erasures', key, {
      subject: OTHER,
      ground: 'art. 17(1)(a)',
    });
    // The backup still holds the wrapped key, and the scan says so.
    const inBackup = erased.body.scan.find((report) => report.place === 'erasure_scan 1');
    expect(inBackup?.found.map((f) => f.file)).toContain('copy/control.db');
    removeDir(copy);
    const again = await program.post<ErasureReply>(`/v1/erasures/${erased.body.id}/scan`, key, {
      subject: OTHER,
    });
    expect(again.body.scan.flatMap((report) => report.found).map((f) => f.file)).toEqual([]);
    expect(again.body.scan_id).not.toBe(erased.body.scan_id);
  });

  it('nothing under an unknown id, no rights for others, no unguarded reason', async () => {
    const reader = await program.key('acme', 'reader');
    const body = { subject: 'nobody-9911', ground: 'art. 17' };
    expect((await program.post('/v1/erasures', key, body)).status).toBe(404);
    expect((await program.post('/v1/erasures', reader, body)).status).toBe(403);
    await program.post('/v1/events?wait=sealed', key, said('someone-4433'));
    const hold = await program.post<{ ground: string }>('/v1/holds', key, {
      subject: 'someone-4433',
      ground: 'asked by ada.lovelace@example.org',
    });
    expect(hold.body.ground).toBe('asked by [email]');
  });

  it('a crash between the steps is mended at the next start', async () => {
    await program.post('/v1/events?wait=sealed', key, said('crashing-person-5566'));
    const erasing = program.post<ErasureReply>('/v1/erasures', key, {
      subject: 'crashing-person-5566',
      ground: 'art. 17',
    });
    const ended = erasing.then(
      () => undefined,
      () => undefined,
    );
    // Killed at once: the erasure stands on whatever rung it reached, or was never begun.
    await new Promise(setImmediate);
    await program.kill();
    await ended;
    appendFileSync(join(backups, 'noise'), 'x');
    await start();
    const settled = await program.eventually(
      () =>
        program.post<ErasureReply & Problem>('/v1/erasures', key, {
          subject: 'crashing-person-5566',
          ground: 'art. 17',
        }),
      (r) => r.status === 200 || r.status === 404,
    );
    // 404: what was begun before the kill was finished by the start itself.
    expect([200, 404]).toContain(settled.status);
    expect((await runProgram(['verify', data])).code).toBe(0);
  });
});
