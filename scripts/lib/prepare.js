import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = new URL('../..', import.meta.url).pathname;
const STAMPS = join(ROOT, 'node_modules/.prooflog');

/** Runs a command with its output shown; ends this process when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function hashOf(paths) {
  const hash = createHash('sha256').update(process.version);
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (!statSync(path).isDirectory()) return void hash.update(path).update(readFileSync(path));
    for (const name of readdirSync(path).sort())
      if (name !== 'node_modules' && name !== 'dist') visit(join(path, name));
  };
  for (const path of paths) visit(join(ROOT, path));
  return hash.digest('hex');
}

/** Does the work only when what it depends on has changed since it was last done. */
function once(name, inputs, label, work) {
  const stamp = join(STAMPS, name);
  const hash = hashOf(inputs);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  process.stderr.write(`${label} …\n`);
  work();
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(stamp, hash);
}

/** Installs the locked dependencies and builds; on a second run neither. */
export function prepare() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    process.stderr.write(`Prooflog needs Node 20.19 or later; this is ${process.version}.\n`);
    process.exit(1);
  }
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  once('installed', ['package-lock.json'], 'installing dependencies (once, some 600 MB)', () =>
    run(npm, ['ci', '--no-audit', '--no-fund', '--ignore-scripts']),
  );
  const sources = [
    'proof',
    'sdk',
    'server',
    'web',
    'scripts/bundle.js',
    'tsconfig.base.json',
    'tsconfig.json',
  ];
  once('built', sources, 'building', () => run(npm, ['run', '--silent', 'build']));
}
