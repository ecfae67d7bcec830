import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  NoSuchKey,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErasureReply } from '../../src/api/contract.js';
import { addPeriod, parsePeriod } from '../../src/pack/retention.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, runProgram, tempDir } from '../support/program.js';
import { describeWith } from '../support/real-part.js';
import { BUCKET, isInstalled, S3Server, type User } from '../support/s3.js';

const dir = tempDir();
const data = join(dir, 'data');
const at = (path: string) => ({ Bucket: BUCKET, Key: path });
let s3: S3Server;
let program: Program;
let tenant: { id: string; key: string };
let root: S3Client;

const start = async (env: Record<string, string> = {}): Promise<void> => {
  program = await Program.start(data, s3.settings('writer', env));
};

async function send(count: number): Promise<void> {
  const events = Array.from({ length: count }, () => auditEvent());
  const reply = await program.post('/v1/events?wait=sealed', tenant.key, events);
  expect(reply).toMatchObject({ status: 200, body: { accepted: count } });
}

/** Each line a block of its own; they are sealed when something that was sent later is. */
const sendLogs = (count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, i) =>
      program.post('/v1/logs', tenant.key, {
        resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: `line ${i}` } }] }] }],
      }),
    ),
  );

const metric = async (name: string): Promise<number> => {
  const { text } = await program.request('GET', '/metrics');
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
};

/** Everything sealed is in the bucket, under its newest checkpoint. */
async function archived(): Promise<void> {
  const done = await program.eventually(
    async () => {
      for (const log of logFolders()) {
        const here = readFileSync(join(data, 'ledger', log, 'checkpoint'));
        if (!(await newest(`${log}/checkpoint`))?.equals(here)) return false;
      }
      return (await metric('prooflog_archive_lag_records')) === 0;
    },
    (all) => all,
  );
  expect(done).toBe(true);
}

const logFolders = (): string[] =>
  readdirSync(join(data, 'ledger')).flatMap((t) =>
    readdirSync(join(data, 'ledger', t)).map((stream) => `${t}/${stream}`),
  );

const localFiles = (log: string): string[] =>
  readdirSync(join(data, 'ledger', log), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(data, 'ledger', log), join(entry.parentPath, entry.name)));

async function newest(key: string): Promise<Buffer | null> {
  try {
    const { Body } = await root.send(new GetObjectCommand(at(key)));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    if (error instanceof NoSuchKey) return null;
    throw error;
  }
}

async function versions(prefix = ''): Promise<{ key: string; id: string; latest: boolean }[]> {
  const { Versions, IsTruncated } = await root.send(
    new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: prefix }),
  );
  expect(IsTruncated).toBe(false);
  return (Versions ?? []).map((v) => ({
    key: v.Key ?? '',
    id: v.VersionId ?? '',
    latest: v.IsLatest ?? false,
  }));
}

const verify = (target = `s3://${BUCKET}`, ...args: string[]) =>
  runProgram(['verify', target, ...args], s3.settings('reader'));

const FULL = /\/(?:tile\/(?:entries|\d+)\/[x\d/]+|block\/[x\d/]+)$/;

describeWith('the S3 server (node scripts/services/s3.js --install)', isInstalled(), 'the archive', () => {
  beforeAll(async () => {
    s3 = await S3Server.start(join(dir, 's3'));
    root = s3.client('root');
    await start();
    tenant = await program.tenant('acme');
  });
  afterAll(async () => {
    await program?.stop();
    await s3?.stop();
    removeDir(dir);
  });

  it('has every full file, byte for byte, each locked in compliance mode for as long as its stream is kept', async () => {
    const began = Date.now();
    await sendLogs(20);
    await send(300);
    await archived();
    await sendLogs(280);
    await send(300);
    await archived();
    const [audit, logs] = [`${tenant.id}/audit`, `${tenant.id}/logs`];
    const full = (await versions()).map(({ key }) => key).filter((key) => FULL.test(key));
    for (const log of [audit, logs])
      expect(full.filter((key) => key.startsWith(`${log}/`)).sort()).toEqual(
        localFiles(log)
          .map((path) => `${log}/${path}`)
          .filter((path) => FULL.test(path))
          .sort(),
      );
    expect(full).toContain(`${audit}/tile/entries/001`);
    expect(full.filter((key) => key.startsWith(`${logs}/block/`)).length).toBe(300);
    for (const key of full) {
      expect((await newest(key))?.equals(readFileSync(join(data, 'ledger', key))), key).toBe(true);
      const head = await root.send(new HeadObjectCommand(at(key)));
      const keep = parsePeriod(key.startsWith(logs) ? 'P1Y' : 'P7Y');
      const until = (from: number) => Math.floor(addPeriod(from, keep ?? never()) / 1_000) * 1_000;
      expect(head.ObjectLockMode).toBe('COMPLIANCE');
      expect(head.ObjectLockRetainUntilDate?.getTime()).toBeGreaterThanOrEqual(until(began));
      expect(head.ObjectLockRetainUntilDate?.getTime()).toBeLessThanOrEqual(until(Date.now()));
    }
  });

  it('holds nothing but the newest end of a log unlocked, and its full tiles have no partial ones left', async () => {
    const keys = (await versions(`${tenant.id}/audit/`)).map(({ key }) => key.slice(tenant.id.length + 7));
    const open = [...new Set(keys)].filter((key) => !FULL.test(`/${key}`)).sort();
    const partial = open.filter((key) => key.includes('.p/'));
    expect(partial).toEqual(
      expect.arrayContaining(['tile/0/002.p/88', 'tile/1/000.p/2', 'tile/entries/002.p/88']),
    );
    expect(partial.filter((key) => keys.includes(key.split('.p/')[0] ?? ''))).toEqual([]);
    expect(open.filter((key) => !key.includes('.p/'))).toEqual(['checkpoint', 'vkey']);
  });

  it('verifies by itself, with the keys of the caller too', async () => {
    const all = await verify();
    expect(all).toMatchObject({ code: 0 });
    expect(all.out).toContain(`verified  ${tenant.id}/audit  600 entries, 600 records`);
    const vkey = readFileSync(join(data, 'ledger', tenant.id, 'audit/vkey'), 'utf8').trim();
    const one = await verify(`s3://${BUCKET}/${tenant.id}/audit`, '--vkey', vkey);
    expect(one).toMatchObject({ code: 0, out: expect.stringContaining('600 entries') });
    const foreign = vkey.replace('/audit+', '/other+');
    expect((await verify(`s3://${BUCKET}/${tenant.id}/audit`, '--vkey', foreign)).code).not.toBe(0);
    expect(await verify('s3://no-such-bucket')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no-such-bucket cannot be read (NoSuchBucket)'),
    });
  });

  it('goes on where it was after a restart, and puts nothing twice', async () => {
    await program.stop();
    const before = await versions(tenant.id);
    await start();
    await send(200);
    await archived();
    const after = await versions(tenant.id);
    const count = (list: typeof after) => list.filter(({ key }) => FULL.test(key)).length;
    // The end of `audit` moved from 600 to 800: one bundle and its tile; and what reading made is sealed too.
    const locked = after.filter(({ key }) => FULL.test(key)).map(({ key }) => key);
    expect(new Set(locked).size).toBe(locked.length);
    expect(count(after) - count(before)).toBe(2);
    expect((await verify()).code).toBe(0);
  });

  it('catches up when the S3 server was away, and sealing does not wait for it', async () => {
    await s3.stop();
    await send(300);
    await program.eventually(
      () => metric('prooflog_archive_failures_total'),
      (failures) => failures > 1,
    );
    expect(await metric('prooflog_archive_lag_records')).toBeGreaterThanOrEqual(300);
    // Once, however often it was tried.
    expect(program.output.match(/does not take what it is given/g)?.length).toBe(1);
    await program.stop();
    await start();
    await send(10);
    expect(program.output).toContain('does not take what it is given');
    await s3.startAgain();
    root = s3.client('root');
    await archived();
    expect(program.output).toContain('takes what it is given again');
    expect(await verify()).toMatchObject({ code: 0, out: expect.stringContaining('1110 entries') });
  });

  it('is killed while it copies, and goes on', async () => {
    for (let n = 0; n < 2; n++) {
      const events = Array.from({ length: 1_000 }, () => auditEvent());
      await program.post('/v1/events', tenant.key, events);
      const lag = () => metric('prooflog_archive_lag_records');
      expect(await program.eventually(lag, (records) => records > 0)).toBeGreaterThan(0);
      await program.kill();
      await start();
    }
    // What comes before is sealed too then.
    await send(1);
    await archived();
    const locked = (await versions(tenant.id)).map(({ key }) => key).filter((key) => FULL.test(key));
    expect(new Set(locked).size).toBe(locked.length);
    expect(await verify()).toMatchObject({ code: 0, out: expect.stringContaining('3111 entries') });
  });

  it('is looked through when somebody is erased, every version of it', async () => {
    const subject = 'archived.person@example.org';
    const statement = 'nobody else is to read this';
    await program.post('/v1/events?wait=sealed', tenant.key, [
      auditEvent({
        actor: { type: 'user', id: subject },
        metadata: { safe_fields_only: true, details: { field: 'x', statement } },
      }),
    ]);
    await archived();
    const { body } = await program.post<ErasureReply>('/v1/erasures', tenant.key, {
      subject,
      ground: 'art. 17',
    });
    const report = body.scan.find(({ place }) => place === 'archive');
    expect(report).toMatchObject({ found: [], unread: [] });
    expect(report?.files).toBeGreaterThan(10);
    // What the scan itself had sealed was copied after it.
    expect(report?.files).toBeLessThanOrEqual((await versions()).length);
  });

  describe('T26: a locked version', () => {
    const users: User[] = ['root', 'writer', 'reader'];
    it.each(users)('can neither be deleted, unlocked nor replaced by %s', async (user) => {
      const client = s3.client(user);
      const key = `${tenant.id}/audit/tile/entries/000`;
      const [version] = await versions(key);
      const object = { ...at(key), VersionId: version?.id };
      const before = await root.send(new HeadObjectCommand(object));
      const locked = before.ObjectLockRetainUntilDate ?? never();
      const refused = (request: Promise<unknown>) =>
        expect(request).rejects.toMatchObject({ name: expect.stringMatching(/AccessDenied/) });
      for (const BypassGovernanceRetention of [false, true]) {
        const retain = (Mode: 'COMPLIANCE' | 'GOVERNANCE', RetainUntilDate: Date) =>
          client.send(
            new PutObjectRetentionCommand({
              ...object,
              BypassGovernanceRetention,
              Retention: { Mode, RetainUntilDate },
            }),
          );
        await refused(client.send(new DeleteObjectCommand({ ...object, BypassGovernanceRetention })));
        await refused(retain('COMPLIANCE', new Date(Date.now() + 60_000)));
        await refused(retain('COMPLIANCE', new Date(locked.getTime() - 1_000)));
        await refused(retain('GOVERNANCE', locked));
        const many = await client.send(
          new DeleteObjectsCommand({
            Bucket: BUCKET,
            BypassGovernanceRetention,
            Delete: { Objects: [{ Key: key, VersionId: object.VersionId }] },
          }),
        );
        expect(many.Errors).toMatchObject([{ Code: 'AccessDenied' }]);
      }
      await expect(
        client.send(
          new PutBucketVersioningCommand({
            Bucket: BUCKET,
            VersioningConfiguration: { Status: 'Suspended' },
          }),
        ),
      ).rejects.toThrow();
      await expect(
        client.send(new PutObjectCommand({ ...at(key), Body: 'other', IfNoneMatch: '*' })),
      ).rejects.toThrow();
      const after = await root.send(new HeadObjectCommand(object));
      expect(after).toMatchObject({
        ObjectLockMode: 'COMPLIANCE',
        ObjectLockRetainUntilDate: locked,
        ETag: before.ETag,
      });
    });
  });

  describe('a copy that was tampered with', () => {
    const key = () => `${tenant.id}/audit/tile/entries/001`;

    it('is found out and located; the version that was locked is still there', async () => {
      const sealed = readFileSync(join(data, 'ledger', key()));
      const bad = Buffer.from(sealed);
      bad[1_000] = (bad[1_000] ?? 0) ^ 1;
      await root.send(new PutObjectCommand({ ...at(key()), Body: bad }));
      const { code, out } = await verify();
      expect(code).toBe(1);
      expect(out).toMatch(new RegExp(`entry_altered: ${key()} \\(entry \\d+, event [0-9a-f-]{36}\\)`));
      const old = (await versions(key())).find(({ latest }) => !latest);
      const { Body } = await root.send(new GetObjectCommand({ ...at(key()), VersionId: old?.id }));
      expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(sealed)).toBe(true);
    });

    it('that hides a file is found out too', async () => {
      await root.send(new DeleteObjectCommand(at(`${tenant.id}/logs/block/001`)));
      const { code, out } = await verify(`s3://${BUCKET}/${tenant.id}/logs`);
      expect([code, out]).toEqual([1, expect.stringContaining('block/001 (entry 1,')]);
    });
  });

  it('mends the ledger here, from the locked versions where newer ones were put over them', async () => {
    await program.stop();
    const lost = ['audit/tile/0/000', 'audit/tile/entries/001', 'logs/block/001', 'logs/tile/entries/000'];
    const sealed = lost.map((path) => readFileSync(join(data, 'ledger', tenant.id, path)));
    for (const path of lost) rmSync(join(data, 'ledger', tenant.id, path));
    const altered = join(data, 'ledger', tenant.id, 'audit/tile/entries/002');
    chmodSync(altered, 0o644);
    writeFileSync(altered, 'no bundle');
    const { code, out } = await runProgram(['repair', '--data', data], s3.settings('reader'));
    expect(code).toBe(0);
    expect(out.match(/put back: /g)?.length).toBe(5);
    for (const [i, path] of lost.entries())
      expect(readFileSync(join(data, 'ledger', tenant.id, path))).toEqual(sealed[i]);
    expect((await runProgram(['verify', data])).code).toBe(0);
    await start();
  });

  it('a log that meets another object in its place stands still, loudly, and the others go on', async () => {
    const other = await program.tenant('other');
    await root.send(new PutObjectCommand({ ...at(`${other.id}/audit/tile/entries/000`), Body: 'other' }));
    const events = Array.from({ length: 300 }, () => auditEvent());
    await program.post('/v1/events?wait=sealed', other.key, events);
    const found = () => program.post('/v1/search', other.key, { query: 'action:archive_conflict' });
    const { text } = await program.eventually(found, (reply) => reply.text.includes('"archive_conflict"'));
    expect(text).toContain(`"log":"${other.id}/audit"`);
    expect(await metric('prooflog_archive_stopped_logs')).toBe(1);
    expect(program.output).toContain('a log is not archived any further');
    await send(300);
    // What is left is the log that stands still.
    const lag = () => metric('prooflog_archive_lag_records');
    expect(await program.eventually(lag, (records) => records === 300)).toBe(300);
  });

  it('says in one line what is wrong with a bucket', async () => {
    await root.send(new CreateBucketCommand({ Bucket: 'plain' }));
    const fails = async (env: Record<string, string>, user: User = 'writer') => {
      const settings = s3.settings(user, { ...env, PROOFLOG_LISTEN: '127.0.0.1:0' });
      const { code, err } = await runProgram(['serve', '--data', join(dir, 'none')], {
        ...settings,
        NODE_NO_WARNINGS: '1',
        PROOFLOG_LOG_LEVEL: 'error',
      });
      expect([code, err.trim().split('\n').length]).toEqual([1, 1]);
      return err;
    };
    expect(await fails({ PROOFLOG_ARCHIVE_BUCKET: 'nowhere' })).toContain('nowhere does not exist');
    expect(await fails({ PROOFLOG_ARCHIVE_BUCKET: 'plain' }, 'root')).toContain('does not keep versions');
    expect(await fails({}, 'reader')).toContain('The credentials may not');
    const wrong = await fails({ PROOFLOG_ARCHIVE_SECRET_ACCESS_KEY: 'wrong-secret-9' });
    expect(wrong).toContain('SignatureDoesNotMatch');
    expect(wrong).not.toContain('wrong-secret-9');
    expect(program.output).not.toContain('writer-secret');
  });
});

function never(): never {
  throw new Error('missing');
}
