import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['proof/src/**/*.test.ts', 'sdk/src/**/*.test.ts', 'server/src/**/*.test.ts', 'server/test/**/*.test.ts', 'web/src/**/*.test.{ts,tsx}'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
});
