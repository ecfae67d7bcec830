// A real S3 server with Object Lock for tests and for trying out the archive: Versity S3 Gateway over a folder.
//
//   node scripts/services/s3.js --install            builds it (needs Go), nothing else
//   node scripts/services/s3.js [--dir D] [--port N] serves a bucket until it is stopped or its standard input ends
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CreateBucketCommand, HeadBucketCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { ROOT } from '../lib/prepare.js';

const VERSION = 'v1.8.0';
const BIN = join(ROOT, '.services', `versitygw-${VERSION}`);
const PROGRAM = join(BIN, 'versitygw');
const BUCKET = 'prooflog';
const HOST = '127.0.0.1';
/** Local and thrown away: these open nothing else. */
const USERS = ['root', 'writer', 'reader'].map((access) => ({ access, secret: `${access}-secret` }));
/** What the archive needs, docs/decisions/0008-the-archive.md. */
const WRITER = [
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:GetBucketVersioning',
  's3:GetBucketObjectLockConfiguration',
  's3:GetObject',
  's3:GetObjectVersion',
  's3:GetObjectRetention',
  's3:PutObject',
  's3:PutObjectRetention',
  's3:DeleteObjectVersion',
];
const READER = ['s3:ListBucket', 's3:ListBucketVersions', 's3:GetObject', 's3:GetObjectVersion'];

const { values } = parseArgs({
  options: { install: { type: 'boolean' }, dir: { type: 'string' }, port: { type: 'string' } },
});

function install() {
  if (existsSync(PROGRAM)) return;
  const { status, error } = spawnSync(
    'go',
    ['install', `github.com/versity/versitygw/cmd/versitygw@${VERSION}`],
    {
      env: { ...process.env, GOBIN: BIN, GOTOOLCHAIN: 'local', GOWORK: 'off', CGO_ENABLED: '0' },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  if (status === 0) return;
  console.error(`The S3 gateway cannot be built${error === undefined ? '' : `: ${error.message}`}.`);
  process.exit(1);
}

const freePort = () =>
  new Promise((done) => {
    const probe = createServer().listen(0, HOST, () => {
      const { port } = probe.address();
      probe.close(() => done(String(port)));
    });
  });

const answers = (port) =>
  new Promise((done) => {
    const socket = connect(Number(port), HOST);
    socket.on('connect', () => done(true)).on('error', () => done(false));
    socket.on('connect', () => socket.destroy());
  });

function startGateway(dir, port) {
  const [data, versions, iam] = ['data', 'versions', 'iam'].map((name) => join(dir, name));
  for (const folder of [data, versions, iam]) mkdirSync(folder, { recursive: true });
  const [root, ...others] = USERS;
  const accounts = Object.fromEntries(others.map((user) => [user.access, { ...user, role: 'user' }]));
  writeFileSync(join(iam, 'users.json'), JSON.stringify({ accessAccounts: accounts }));
  return spawn(
    PROGRAM,
    ['--quiet', '--port', `${HOST}:${port}`, '--iam-dir', iam, 'posix', '--versioning-dir', versions, data],
    {
      env: { ...process.env, ROOT_ACCESS_KEY: root.access, ROOT_SECRET_KEY: root.secret },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
}

async function makeBucket(endpoint) {
  const credentials = { accessKeyId: USERS[0].access, secretAccessKey: USERS[0].secret };
  const s3 = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  const there = await s3.send(new HeadBucketCommand({ Bucket: BUCKET })).then(
    () => true,
    () => false,
  );
  if (there) return;
  const Resource = [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`];
  const allow = (user, Action) => ({ Effect: 'Allow', Principal: { AWS: [user] }, Action, Resource });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET, ObjectLockEnabledForBucket: true }));
  const Statement = [allow('writer', WRITER), allow('reader', READER)];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy }));
}

async function serve() {
  const dir = resolve(values.dir ?? join(ROOT, '.services', 's3'));
  const port = values.port ?? (await freePort());
  const endpoint = `http://${HOST}:${port}`;
  const gateway = startGateway(dir, port);
  const stop = () => gateway.kill('SIGTERM');
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop);
  process.stdin.on('end', stop).resume();
  gateway.on('exit', (code) => process.exit(code ?? 0));
  while (!(await answers(port))) await sleep(20);
  await makeBucket(endpoint);
  console.log(`export PROOFLOG_ARCHIVE_BUCKET=${BUCKET} PROOFLOG_ARCHIVE_ENDPOINT=${endpoint} \\
  PROOFLOG_ARCHIVE_ACCESS_KEY_ID=writer PROOFLOG_ARCHIVE_SECRET_ACCESS_KEY=writer-secret`);
}

install();
if (!values.install) await serve();
