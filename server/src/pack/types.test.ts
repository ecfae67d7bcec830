import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadPack } from './load.js';
import { typesOfPack } from './types.js';

const ROOT = join(import.meta.dirname, '../../..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const dir = mkdtempSync(join(tmpdir(), 'prooflog-types-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What the compiler says of these files; '' when they are right. */
function compile(files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  const options = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext'];
  const paths = Object.keys(files).map((name) => join(dir, name));
  return spawnSync(process.execPath, [TSC, ...options, ...paths], { encoding: 'utf8' }).stdout;
}

const example = join(ROOT, 'examples/parcel-service');

it('the types of every pack compile', () => {
  const packs = readdirSync(join(ROOT, 'packs')).map((name) => join(ROOT, 'packs', name));
  const files = [...packs, example].map((pack, i): [string, string] => [
    `p${i}.ts`,
    typesOfPack(loadPack(pack)),
  ]);
  expect(files.length).toBeGreaterThan(2);
  expect(compile(Object.fromEntries(files))).toBe('');
});

const EVENT = `import type { ParcelServiceEvent } from './events.js';
export const event: ParcelServiceEvent = {
  event_type: 'parcel.lost',
  occurred_at: '2026-01-31T12:00:00Z',
  actor: { type: 'service', id: 'sorter' },
  entity: { type: 'parcel', id: 'parcel-1' },
  result: 'failure',
  reason: 'not_found',
  correlation: { correlation_id: 'parcel-1' },
  metadata: { safe_fields_only: true, details: { weight_g: 700, scans: [{ depot: 'north' }] } },
};
`;

it('an event as declared is one, and one that the server would refuse is none', () => {
  const events = typesOfPack(loadPack(example));
  expect(compile({ 'events.ts': events, 'sent.ts': EVENT })).toBe('');
  const wrong = [
    ["reason: 'not_found',", ''],
    ["correlation_id: 'parcel-1'", "request_id: 'parcel-1'"],
    ['weight_g: 700', "weight_g: 'heavy'"],
    ['weight_g: 700, ', ''],
    ['weight_g: 700', 'weight_g: 700, colour: 1'],
    ["type: 'parcel', id", "type: 'letter', id"],
    ["event_type: 'parcel.lost'", "event_type: 'parcel.eaten'"],
    ["{ depot: 'north' }", '{}'],
  ] as const;
  const said = compile(
    Object.fromEntries(wrong.map(([from, to], i) => [`wrong${i}.ts`, EVENT.replace(from, to)])),
  );
  for (const [i, [from, to]] of wrong.entries())
    expect(said, `${from} → ${to}`).toMatch(new RegExp(`wrong${i}\\.ts.*error TS`));
});
