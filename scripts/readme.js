import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './lib/prepare.js';

// Runs the commands under "Tasks" in the README as one shell session, on a free port and a folder of its own.
const dir = mkdtempSync(join(tmpdir(), 'prooflog-readme-'));
const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port: free } = probe.address();
    probe.close(() => resolve(free));
  });
});
const address = `127.0.0.1:${port}`;
const tasks = readFileSync(join(ROOT, 'README.md'), 'utf8').split('## Tasks')[1] ?? '';
const commands = [...tasks.matchAll(/```sh\n([\s\S]*?)```/g)]
  .map((block) => block[1])
  .join('')
  .replaceAll('127.0.0.1:7117', address)
  .replaceAll('./prooflog-data', join(dir, 'data'))
  .replaceAll('./parcel-service', join(dir, 'parcel-service'))
  .replaceAll('receipt.', join(dir, 'receipt.'))
  .replaceAll('./receipt', join(dir, 'receipt'))
  // A person waits for the banner.
  .replace(/ &\n/, ` &\nuntil curl -sf http://${address}/ready >/dev/null; do sleep 0.1; done\n`);
const script = `set -euo pipefail\ntrap 'kill $(jobs -p); wait' EXIT\n${commands}`;
const shell = spawn('bash', ['-c', script], {
  cwd: ROOT,
  env: { ...process.env, PROOFLOG_LISTEN: address },
  stdio: ['ignore', 'pipe', 'inherit'],
});
let out = '';
shell.stdout.on('data', (chunk) => {
  out += chunk;
});
const code = await new Promise((resolve) => shell.on('close', resolve));
// The search found what was sent, and all four verifications say so.
const found = /"records":\[\{.*01a1f8c8-2b40-7000-8000-000000000001/.test(out);
const verified = out.match(/verified {2}/g)?.length ?? 0;
if (code !== 0 || !found || verified < 4) {
  process.stdout.write(out);
  process.exitCode = 1;
} else
  console.log(
    `README: ${commands.split('\n').length} lines run, ${verified} logs, receipts and exports verified`,
  );
rmSync(dir, { recursive: true, force: true });
