import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadPacks } from './load.js';
import { eventTable } from './table.js';

const ROOT = join(import.meta.dirname, '../../..');

it('docs/events.md is what the packs declare; `npm run docs` writes it anew', () => {
  const packs = loadPacks(join(ROOT, 'packs'));
  expect(readFileSync(join(ROOT, 'docs/events.md'), 'utf8')).toBe(eventTable(packs.values()));
});
