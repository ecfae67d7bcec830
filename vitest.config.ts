import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Tests run on the sources; in a build the package's own `imports` decide.
    alias: {
      '#sha256': new URL('./proof/src/hash/sha256.node.ts', import.meta.url).pathname,
      '@prooflog/proof/node': new URL('./proof/src/node/index.ts', import.meta.url).pathname,
      '@prooflog/proof': new URL('./proof/src/index.ts', import.meta.url).pathname,
    },
  },
  test: {
    include: [
      'proof/src/**/*.test.ts',
      'sdk/src/**/*.test.ts',
      'server/src/**/*.test.ts',
      'server/test/**/*.test.ts',
      'web/src/**/*.test.{ts,tsx}',
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Much of the time is spent waiting for programs that were started: two share two cores well.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
