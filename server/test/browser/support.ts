import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = process.env.TEST_CHROMIUM ?? '/usr/bin/chromium';
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether there is a browser; without one these tests are skipped, unless nothing may be. */
export const present = existsSync(EXECUTABLE);
if (!present) {
  if (process.env.TEST_NO_SKIP) throw new Error('Chromium is missing and nothing may be skipped here.');
  console.warn('skipped: there is no Chromium; set TEST_CHROMIUM');
}

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: EXECUTABLE, args: ARGS });
