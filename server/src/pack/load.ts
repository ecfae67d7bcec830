import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../base/errors.js';
import { checkPack, conflicts } from './check.js';
import type { Pack, Runbook } from './model.js';
import { readDashboard } from './read/dashboards.js';
import { readEvents } from './read/events.js';
import { readLogs } from './read/logs.js';
import { readRetention } from './read/retention.js';
import { readRoles } from './read/roles.js';
import { readSource } from './read/sources.js';
import { readAlerts, readDetector, readSlo } from './read/watch.js';
import { type Place, type Problem, YamlFile } from './yaml.js';

export interface LoadedPack {
  /** Whole only when there are no problems. */
  readonly pack: Pack;
  readonly problems: readonly Problem[];
}

/** Reads a pack folder (docs/formats/pack.md) and everything that is wrong with it. */
export function readPack(dir: string): LoadedPack {
  const problems: Problem[] = [];
  const folder = new Folder(dir, problems);
  const head = folder.file('pack.yaml')?.root.members('name', 'version', 'description', 'regions');
  const name = head?.name.matching(/^[a-z][a-z0-9-]{0,62}$/, 'lower-case letters, digits and -') ?? '';
  const pack: Pack = {
    name,
    version: head?.version.integer(1) ?? 1,
    description: head?.description.text() ?? '',
    regions: head?.regions.given ? readRegions(head.regions) : [],
    dir,
    events: folder.files('events').flatMap((file) => readEvents(name, file)),
    retention: folder.one('retention.yaml', readRetention) ?? [],
    logs: existsSync(join(dir, 'logs.yaml')) ? (folder.one('logs.yaml', readLogs) ?? null) : null,
    sources: folder.files('sources').map((file) => readSource(name, file)),
    roles: existsSync(join(dir, 'roles.yaml')) ? (folder.one('roles.yaml', readRoles) ?? []) : [],
    detectors: folder.files('detectors').map((file) => readDetector(file)),
    alerts: folder.files('alerts').flatMap((file) => readAlerts(file)),
    slos: folder.files('slos').map((file) => readSlo(file)),
    dashboards: folder.files('dashboards').map((file) => readDashboard(file)),
    runbooks: folder.runbooks(),
  };
  problems.push(...checkPack(pack));
  return { pack, problems };
}

/** An empty list would say nowhere, and be taken for everywhere. */
function readRegions(place: Place): string[] {
  const regions = place
    .items()
    .map((item) => item.matching(/^[a-z0-9-]{1,32}$/, 'lower-case letters, digits and -'));
  if (place.isList && regions.length === 0) place.wrong('must name a region');
  return regions;
}

/**
 * Loads a pack folder, whole or not at all.
 * @throws Failure `bad_pack` naming file, line and what is wrong, all of it.
 */
export function loadPack(dir: string): Pack {
  const { pack, problems } = readPack(dir);
  if (problems.length > 0) throw new Failure('bad_pack', describe(dir, problems));
  return pack;
}

/** All packs below a folder, by name. @throws Failure `bad_pack`, also where two packs do not go together. */
export function loadPacks(dir: string): Map<string, Pack> {
  const packs = readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => loadPack(join(dir, entry.name)));
  for (const [i, pack] of packs.entries())
    for (const other of packs.slice(0, i)) {
      const problems = conflicts(other, pack);
      if (problems.length > 0) throw new Failure('bad_pack', describe(pack.dir, problems));
    }
  return new Map(packs.map((pack) => [pack.name, pack]));
}

/** One line for each problem. */
export const describe = (dir: string, problems: readonly Problem[]): string =>
  problems.map(({ file, line, what }) => `${join(dir, file)}:${line}: ${what}`).join('\n');

class Folder {
  readonly #dir: string;
  readonly #problems: Problem[];

  constructor(dir: string, problems: Problem[]) {
    this.#dir = dir;
    this.#problems = problems;
  }

  /** Null, and a problem, when it is not there or not YAML. */
  file(path: string): YamlFile | null {
    if (!existsSync(join(this.#dir, path))) {
      this.#problems.push({ file: path, line: 1, what: 'The file is missing.' });
      return null;
    }
    const file = new YamlFile(join(this.#dir, path), path, this.#problems);
    return file.broken ? null : file;
  }

  one<T>(path: string, read: (file: YamlFile) => T): T | null {
    const file = this.file(path);
    return file === null ? null : read(file);
  }

  /** The YAML files of a folder in the order of their names; there may be none. */
  files(folder: string): YamlFile[] {
    return this.#names(folder, '.yaml').flatMap((path) => this.file(path) ?? []);
  }

  runbooks(): Runbook[] {
    return this.#names('runbooks', '.md').map((path) => {
      const text = readFileSync(join(this.#dir, path), 'utf8');
      const title = /^# (.+)$/m.exec(text)?.[1];
      if (title === undefined)
        this.#problems.push({ file: path, line: 1, what: 'A runbook needs a heading.' });
      return { name: path.slice('runbooks/'.length, -'.md'.length), title: title ?? '', text };
    });
  }

  #names(folder: string, suffix: string): string[] {
    const dir = join(this.#dir, folder);
    if (!existsSync(dir)) return [];
    return readdirSync(dir)
      .filter((name) => name.endsWith(suffix))
      .sort()
      .map((name) => `${folder}/${name}`);
  }
}
