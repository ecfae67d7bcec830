import { safeStackFrames } from './stack.js';

/**
 * Once, before anything else. Removes `__proto__` (as `--disable-proto=delete` does, however the program was
 * started), so that a key of that name is only a key; and makes sure that nothing unforeseen prints a value.
 */
export function hardenRuntime(): void {
  Reflect.deleteProperty(Object.prototype, '__proto__');
  const last = (kind: string) => (error: unknown) => {
    process.stderr.write(`prooflog: ${kind}\n${safeStackFrames(error)}\n`);
    process.exit(70);
  };
  process.on('uncaughtException', last('an error nobody handled'));
  process.on('unhandledRejection', last('a promise nobody handled'));
}
