import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { ROOT } from './lib/prepare.js';

// proof/dist/verify.mjs: the compiled proof package in one file that needs nothing but Node. Readable on purpose:
// whoever gets it with an export may want to know what it does.
const dist = join(ROOT, 'proof/dist');
const verifier = join(dist, 'verify.mjs');
rmSync(verifier, { force: true });
await build({
  root: join(ROOT, 'proof'),
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
  ssr: { noExternal: true },
  build: {
    ssr: join(dist, 'bin/verify-export.js'),
    outDir: dist,
    emptyOutDir: false,
    target: 'node20',
    minify: false,
    sourcemap: false,
    rolldownOptions: { output: { entryFileNames: 'verify.mjs', codeSplitting: false } },
  },
});
