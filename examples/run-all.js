import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Runs every example against the built program and checks that what it sent is found.
const root = new URL('..', import.meta.url).pathname;
const data = mkdtempSync(join(tmpdir(), 'prooflog-examples-'));
const token = 'examples-administrator-token';
const program = spawn(
  process.execPath,
  [join(root, 'server/bin/prooflog.js'), 'serve', '--data', data, '--listen', '127.0.0.1:0'],
  {
    env: { ...process.env, PROOFLOG_ADMIN_TOKEN: token },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
let out = '';
const url = await new Promise((resolve, reject) => {
  program.stdout.on('data', (chunk) => {
    out += chunk;
    const found = /Prooflog\s+(http:\S+)/.exec(out);
    if (found) resolve(found[1]);
  });
  program.on('exit', (code) => reject(new Error(`the program ended with ${code}`)));
});

async function call(method, path, key, body) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const response = await fetch(url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function found(key, query, wanted) {
  for (let i = 0; i < 200; i++) {
    const { records } = await call('POST', '/v1/search', key, { query, limit: 1000 });
    if (records.length >= wanted) return records;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not found: ${query}`);
}

let failed = true;
try {
  await call('POST', '/v1/tenants', token, { slug: 'shop', packs: ['company-governance'], region: 'eu' });
  const { key: ingest } = await call('POST', '/v1/keys', token, { tenant: 'shop', role: 'ingest' });
  const { key: reader } = await call('POST', '/v1/keys', token, { tenant: 'shop', role: 'reader' });
  for (const encoding of ['protobuf', 'json']) {
    // Not spawnSync's sibling exec: the example is its own process, as it would be for a reader of the README.
    const example = spawn(process.execPath, [join(root, 'examples/otel-shop/run.js')], {
      env: { ...process.env, PROOFLOG_URL: url, PROOFLOG_KEY: ingest, OTLP_ENCODING: encoding },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    example.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    const code = await new Promise((resolve) => example.on('close', resolve));
    if (code !== 0) throw new Error(`otel-shop ended with ${code}`);
    const { marker, traceIds } = JSON.parse(printed);
    const byText = await found(reader, marker, 13);
    const byTrace = await found(reader, `trace_id:${traceIds[3]}`, 1);
    if (JSON.stringify(await found(reader, '*', 100)).includes('open sesame'))
      throw new Error('a password came through');
    console.log(`otel-shop ${encoding}: ${byText.length} records by text, ${byTrace.length} by trace`);
  }
  const verified = spawnSync(
    process.execPath,
    [join(root, 'server/bin/prooflog.js'), 'verify', url, '--token', reader],
    { encoding: 'utf8' },
  );
  if (verified.status !== 0) throw new Error(`verify: ${verified.stdout}${verified.stderr}`);
  failed = false;
} finally {
  program.removeAllListeners('exit');
  await new Promise((resolve) => {
    program.on('exit', resolve);
    program.kill('SIGTERM');
  });
  rmSync(data, { recursive: true, force: true });
  if (failed) process.exitCode = 1;
}
