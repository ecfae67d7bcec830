#!/usr/bin/env node
import { runVerify } from '../node/run-verify.js';

process.exitCode = await runVerify(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
});
