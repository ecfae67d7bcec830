import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './lib/prepare.js';

const data = mkdtempSync(join(tmpdir(), 'prooflog-smoke-'));
const child = spawn(
  process.execPath,
  [join(ROOT, 'server/bin/prooflog.js'), 'demo', '--data', data, '--listen', '127.0.0.1:0'],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
let out = '';
const url = await new Promise((resolve, reject) => {
  child.stdout.on('data', (chunk) => {
    out += chunk;
    const found = /Prooflog\s+(http:\S+)/.exec(out);
    if (found && out.includes('Data')) resolve(found[1]);
  });
  child.on('exit', (code) => reject(new Error(`the program ended with ${code}`)));
});
const ready = await fetch(`${url}/ready`);
const page = await fetch(url);
const answers = {
  ready: ready.status,
  page: page.status,
  html: (await page.text()).includes('<div id="root"'),
};
child.removeAllListeners('exit');
const code = await new Promise((resolve) => {
  child.on('exit', resolve);
  child.kill('SIGTERM');
});
rmSync(data, { recursive: true, force: true });
console.log(JSON.stringify({ ...answers, exit: code }));
if (answers.ready !== 200 || answers.page !== 200 || !answers.html || code !== 0) process.exit(1);
