import { join } from 'node:path';
import { prepare, ROOT, run } from './lib/prepare.js';

prepare();
run(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)]);
