import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pack, Sample } from './model.js';

/** The pack's own sample events, `samples/*.ndjson`, one {@link Sample} a line. */
export function loadSamples(pack: Pack): Sample[] {
  const dir = join(pack.dir, 'samples');
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .flatMap((name) => readFileSync(join(dir, name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as Sample);
}
