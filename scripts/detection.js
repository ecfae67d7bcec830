import { join } from 'node:path';
import { prepare, ROOT, run } from './lib/prepare.js';

prepare();
// Labelled texts of others are read where they lie beside the checkout; without them their table stays as it is.
run(process.execPath, [
  join(ROOT, 'server/bin/prooflog.js'),
  'bench',
  'detection',
  '--labelled',
  join(ROOT, '../shared/data/pii/generated_large.json'),
  '--write',
  join(ROOT, 'docs/detection.md'),
  ...process.argv.slice(2),
]);
