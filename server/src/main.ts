import { hardenRuntime } from './base/runtime.js';
import { buildProgram, explain } from './cli/program.js';

hardenRuntime();

try {
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}
