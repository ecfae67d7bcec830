import { describe } from 'vitest';

/**
 * `describe` for tests that need something the machine may not have: skipped with the reason printed, and
 * failing instead where nothing may be skipped (`TEST_NO_SKIP`, set by `.ci/run`).
 */
export function describeWith(part: string, there: boolean, name: string, tests: () => void): void {
  if (there) describe(name, tests);
  else if (process.env.TEST_NO_SKIP)
    throw new Error(`${name}: ${part} is missing, and nothing may be skipped`);
  else {
    console.warn(`SKIPPED ${name}: ${part} is missing on this machine`);
    describe.skip(name, tests);
  }
}
