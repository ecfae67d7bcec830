import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** What takes a million records; minutes long, so it is not part of `npm test`. */
const config = mergeConfig(base, defineConfig({ test: { fileParallelism: false } }));
config.test = { ...config.test, include: ['server/test/scale/**/*.scale.ts'] };
export default config;
