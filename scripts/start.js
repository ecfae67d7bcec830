import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, ROOT } from './lib/prepare.js';

prepare();
const child = spawn(
  process.execPath,
  [join(ROOT, 'server/bin/prooflog.js'), 'demo', ...process.argv.slice(2)],
  { stdio: 'inherit', cwd: ROOT },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 0)));
