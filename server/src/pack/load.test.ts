import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPack, loadPacks, readPack } from './load.js';

const ROOT = join(import.meta.dirname, '../../..');

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'prooflog-pack-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(path: string, text: string, into = dir): void {
  mkdirSync(dirname(join(into, path)), { recursive: true });
  writeFileSync(join(into, path), text);
}

/** The YAML blocks of docs/formats/pack.md under their headings: what is documented is what loads. */
function documented(): Map<string, string> {
  const text = readFileSync(join(ROOT, 'docs/formats/pack.md'), 'utf8');
  const found = new Map<string, string>();
  for (const section of text.split(/^## /m)) {
    const name = section.split('\n')[0] ?? '';
    const block = /```yaml\n([\s\S]*?)```/.exec(section)?.[1];
    if (block !== undefined) found.set(name.split(',')[0] ?? '', block);
  }
  return found;
}

function writeDocumented(into = dir): void {
  const blocks = documented();
  const at = (section: string): string => blocks.get(section) ?? '';
  for (const file of ['pack.yaml', 'retention.yaml', 'logs.yaml', 'roles.yaml']) write(file, at(file), into);
  write('events/parcels.yaml', at('events/*.yaml'), into);
  write('events/theft.yaml', THEFT, into);
  write('sources/carrier_scan.yaml', at('sources/*.yaml'), into);
  write('detectors/lost.yaml', at('detectors/*.yaml'), into);
  write('dashboards/depots.yaml', at('alerts/*.yaml'), into);
  write('runbooks/lost-parcels.md', '# Lost parcels\n\nAsk the depot.\n', into);
}

/** Where a block of the document stands here, and in the example. */
const DOCUMENTED_FILES: readonly [string, string][] = [
  ['pack.yaml', 'pack.yaml'],
  ['retention.yaml', 'retention.yaml'],
  ['logs.yaml', 'logs.yaml'],
  ['roles.yaml', 'roles.yaml'],
  ['events/parcels.yaml', 'events/parcels.yaml'],
  ['sources/carrier_scan.yaml', 'sources/carrier_scan.yaml'],
  ['detectors/lost.yaml', 'detectors/parcels_lost_in_a_row.yaml'],
  ['dashboards/depots.yaml', 'dashboards/depots.yaml'],
];

const THEFT = `stream: domain
version: 1
event_type: audit
entity_types: [parcel]
actions:
  parcel_theft_suspected: { description: Somebody may be taking parcels }
details: {}
`;

const whats = (at = dir): string[] =>
  readPack(at).problems.map(({ file, line, what }) => `${file}:${line} ${what}`);

describe('a pack', () => {
  it('loads as it is documented', () => {
    writeDocumented();
    expect(whats()).toEqual([]);
    const pack = loadPack(dir);
    expect(pack.events.map((e) => e.eventType).sort()).toEqual([
      'audit',
      'parcel.accepted',
      'parcel.delivered',
      'parcel.lost',
    ]);
    const delivered = pack.events.find((e) => e.eventType === 'parcel.delivered');
    expect(delivered?.action).toBe('parcel_delivered');
    expect(delivered?.fields.map((f) => f.name)).toEqual([
      'message',
      'note',
      'scans',
      'signed_by',
      'weight_g',
    ]);
    expect(pack.events.find((e) => e.eventType === 'parcel.lost')?.requires).toEqual([
      'correlation.correlation_id',
      'reason',
    ]);
    expect(pack.logs?.components[0]?.services).toEqual(['sorter', 'sorter-*']);
    expect(pack.detectors[0]?.raises).toBe('parcel_theft_suspected');
    expect(pack.dashboards[0]?.panels).toHaveLength(2);
  });

  it('of the documentation is the one that `prooflog pack new` writes', () => {
    writeDocumented();
    const example = join(ROOT, 'examples/parcel-service');
    for (const [written, file] of DOCUMENTED_FILES)
      expect(readFileSync(join(example, file), 'utf8'), file).toBe(readFileSync(join(dir, written), 'utf8'));
    expect(whats(example)).toEqual([]);
  });

  it('of the program loads', () => {
    expect(loadPacks(join(ROOT, 'packs')).size).toBeGreaterThan(1);
  });

  it('may name the streams of the platform', () => {
    writeDocumented();
    change('roles.yaml', 'streams: [domain]', 'streams: [domain, access, admin]');
    expect(whats()).toEqual([]);
  });

  it('may demand that an event names what it corrects', () => {
    writeDocumented();
    change('events/parcels.yaml', 'requires: [reason]', 'requires: [reason, corrects]');
    expect(loadPack(dir).events.find((e) => e.eventType === 'parcel.lost')?.requires).toContain('corrects');
  });

  it('without its files says which are missing', () => {
    expect(whats()).toEqual(['pack.yaml:1 The file is missing.', 'retention.yaml:1 The file is missing.']);
  });

  it('is loaded whole or not at all', () => {
    writeDocumented();
    write('events/broken.yaml', 'stream: [\n');
    expect(() => loadPack(dir)).toThrow(/events\/broken\.yaml:\d+: /);
  });
});

/** What is changed in the documented pack, and what is said of it; the line is the one that was changed. */
const MISTAKES: readonly [string, string, string, string, string][] = [
  ['no strategy', 'events/parcels.yaml', ', privacy: scrub', '', 'details.note.privacy is missing'],
  [
    'an unknown strategy',
    'events/parcels.yaml',
    'privacy: scrub',
    'privacy: sell',
    'must be one of keep, scrub',
  ],
  ['a text without limit', 'events/parcels.yaml', 'maxLength: 2000, ', '', 'needs maxLength'],
  [
    'a bucket of texts',
    'events/parcels.yaml',
    'integer, minimum: 1,',
    'string, maxLength: 9,',
    'for numbers only',
  ],
  ['descending buckets', 'events/parcels.yaml', '[500, 2000, 10000]', '[500, 100]', 'ascending'],
  [
    'a required field nobody declares',
    'events/parcels.yaml',
    '[weight_g]',
    '[weight]',
    'weight, which is not declared',
  ],
  ['an unknown key', 'events/parcels.yaml', 'version: 1', 'verzion: 1', 'verzion is not known here'],
  ['a bad event type', 'events/parcels.yaml', 'parcel.lost', 'Parcel-Lost', 'snake_case with dots'],
  [
    'an unknown purpose',
    'events/parcels.yaml',
    'consent: service_delivery',
    'consent: fun',
    'must be one of service_delivery',
  ],
  ['an array without limit', 'events/parcels.yaml', 'maxItems: 50', 'minItems: 1', 'needs maxItems'],
  [
    'an unknown envelope place',
    'events/parcels.yaml',
    'requires: [reason]',
    'requires: [actor.shoe]',
    'may be required',
  ],
  [
    'a version that is none',
    'events/parcels.yaml',
    'version: 1',
    'version: one',
    'version must be a whole number',
  ],
  [
    'a stream without retention',
    'events/parcels.yaml',
    'stream: domain',
    'stream: other',
    'no rule for the stream other',
  ],
  ['a period that is none', 'retention.yaml', 'P90D', '90 days', 'must be a period'],
  ['more time at hand than in all', 'retention.yaml', 'hot: P14D', 'hot: P91D', 'hot is longer than keep'],
  [
    'addresses that outlive their records',
    'retention.yaml',
    'anonymise: P30D',
    'anonymise: P91D',
    'anonymise is longer than keep',
  ],
  [
    'people that are no entities',
    'events/parcels.yaml',
    'entity_types: [parcel]\n',
    'entity_types: [parcel]\npeople: [carrier]\n',
    'names carrier, which is not among entity_types',
  ],
  [
    'a unit of time that is none',
    'sources/carrier_scan.yaml',
    'number: true',
    'epoch: h',
    'must be one of s, ms',
  ],
  [
    'a mapping to a missing field',
    'sources/carrier_scan.yaml',
    'details.weight_g',
    'details.weight',
    'no event of the pack',
  ],
  [
    'a mapping to nowhere',
    'sources/carrier_scan.yaml',
    'entity.id:',
    'thing.id:',
    'is not a place of the envelope',
  ],
  [
    'a runbook that is missing',
    'detectors/lost.yaml',
    'lost-parcels',
    'found-parcels',
    'There is no runbook found-parcels',
  ],
  [
    'a raised action nobody declares',
    'detectors/lost.yaml',
    'parcel_theft_suspected',
    'parcel_gone',
    'There is no action parcel_gone',
  ],
  [
    'a role nobody declares',
    'dashboards/depots.yaml',
    'roles: [depot_manager]',
    'roles: [boss]',
    'There is no role boss',
  ],
  ['a log field nobody declares', 'logs.yaml', 'fields: [depot]', 'fields: [belt]', 'names the field belt'],
  ['an unknown level', 'logs.yaml', 'level: WARN', 'level: LOUD', 'must be one of DEBUG'],
  ['an unknown ability', 'roles.yaml', 'correlate]', 'fly]', 'must be one of search'],
  ['more time at hand than in all', 'retention.yaml', 'hot: P14D', 'hot: P91D', 'hot is longer than keep'],
  [
    'an array that may be a text',
    'events/parcels.yaml',
    'type: array',
    'type: [array, string]',
    'mixes array with another type than null',
  ],
  [
    'no region at all',
    'pack.yaml',
    'description:',
    'regions: []\ndescription:',
    'regions must name a region',
  ],
  [
    'an odd region',
    'pack.yaml',
    'description:',
    'regions: [E U]\ndescription:',
    'regions.1 must be lower-case',
  ],
  ['the same key twice', 'pack.yaml', 'description:', 'version: 2\ndescription:', 'Map keys must be unique'],
];

/** Changes the first place where `from` stands. @returns its line, from 1. */
function change(file: string, from: string, to: string): number {
  const text = readFileSync(join(dir, file), 'utf8');
  const at = text.indexOf(from);
  expect(at).toBeGreaterThanOrEqual(0);
  writeFileSync(join(dir, file), text.slice(0, at) + to + text.slice(at + from.length));
  return text.slice(0, at).split('\n').length;
}

/** What is wrong across files stands where one of them begins what the other lacks. */
const LOOSE = /not among|no rule|There is no|names the field|needs maxItems/;

describe('a mistake is named with file and line', () => {
  it.each(MISTAKES)('%s', (_, file, from, to, said) => {
    writeDocumented();
    const line = change(file, from, to);
    const found = whats().find((what) => what.includes(said)) ?? whats().join('\n');
    expect(found).toContain(said);
    if (!LOOSE.test(said)) expect(found).toContain(`${file}:${line} `);
    expect(() => loadPack(dir)).toThrow(/\.yaml:\d+: /);
  });

  it.each(['^(a+)+$', '(a*)*b', '(x|x)\\1', '(?=.*a)b'])('the slow pattern %s', (pattern) => {
    writeDocumented();
    const line = change('events/parcels.yaml', 'maxLength: 2000,', `maxLength: 2000, pattern: '${pattern}',`);
    expect(whats().join('\n')).toContain(
      `events/parcels.yaml:${line} details.note.pattern may take more than linear time`,
    );
  });

  it('two declarations of one action in one version', () => {
    writeDocumented();
    write('events/again.yaml', THEFT);
    expect(whats()).toEqual([
      'events/theft.yaml:6 parcel_theft_suspected stands in version 1 in events/again.yaml:6 already.',
    ]);
  });

  it('a value sealed for whom no field names', () => {
    writeDocumented();
    change('events/parcels.yaml', 'privacy: encrypt', 'privacy: { encrypt: note }');
    expect(whats().join('\n')).toContain('seals message for note, which is not a tokenised field');
  });
});

describe('two packs', () => {
  it('go together when they declare the same, and not when they declare it otherwise', () => {
    writeDocumented(join(dir, 'one'));
    cpSync(join(dir, 'one'), join(dir, 'two'), { recursive: true });
    writeFileSync(join(dir, 'two/pack.yaml'), 'name: two\nversion: 1\ndescription: Another.\n');
    expect(loadPacks(dir).size).toBe(2);
    const events = join(dir, 'two/events/parcels.yaml');
    writeFileSync(events, readFileSync(events, 'utf8').replace('privacy: scrub', 'privacy: drop'));
    expect(() => loadPacks(dir)).toThrow(
      /two\/events\/parcels\.yaml:\d+: parcel_accepted of parcel\.accepted is declared otherwise in parcel-service\/events\/parcels\.yaml:\d+/,
    );
  });
});
