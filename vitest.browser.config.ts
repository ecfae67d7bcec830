import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The pages in a real browser; needs Chromium, so it is not part of `npm test`. */
const config = mergeConfig(base, defineConfig({ test: { fileParallelism: false } }));
config.test = { ...config.test, include: ['server/test/browser/**/*.browser.ts'] };
export default config;
