import { join } from 'node:path';
import { prepare, ROOT, run } from './lib/prepare.js';

prepare();
const args = process.argv.slice(2);
run(process.execPath, [
  join(ROOT, 'server/bin/prooflog.js'),
  'bench',
  '--write',
  join(ROOT, 'docs/benchmarks.md'),
  ...args,
]);
