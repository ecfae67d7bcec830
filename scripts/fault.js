import { join } from 'node:path';
import { prepare, ROOT, run } from './lib/prepare.js';

// The fault suite in its long form; `npm test` runs a handful of the same rounds.
prepare();
const rounds = process.argv[2] ?? '100';
run(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', 'server/test/fault'], {
  env: { ...process.env, FAULT_ROUNDS: rounds },
});
