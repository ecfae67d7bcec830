#!/usr/bin/env node
import { runVerify } from '../node/run-verify.js';

// Bundled into one file that lies in every export; without a target it checks the folder it lies in.
process.exitCode = await runVerify(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
  target: import.meta.dirname,
});
