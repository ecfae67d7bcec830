import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support/program.js';

const SRC = join(ROOT, 'server/src');

/** What each room may import, besides itself and what stands in `EVERYWHERE`. ARCHITECTURE.md explains it. */
const RULES: Readonly<Record<string, readonly string[]>> = {
  base: [],
  event: ['base'],
  pack: ['base', 'event'],
  vault: ['base'],
  geo: ['base'],
  receive: ['base', 'event', 'proof'],
  guard: ['base', 'event', 'pack', 'vault', 'proof'],
  journal: ['base', 'event'],
  ledger: ['base', 'event', 'proof'],
  witness: ['base', 'event', 'proof'],
  integrity: ['base', 'event', 'ledger', 'proof'],
  archive: ['base', 'event', 'ledger', 'proof'],
  store: ['base', 'event', 'proof'],
  query: ['base', 'store/tables'],
  access: ['base'],
  // What people may demand of their data; the rest of the machine is handed in.
  rights: ['base', 'event', 'vault'],
  // How long records are kept; the rest of the machine is handed in.
  retention: ['proof', 'base', 'event', 'pack'],
  // What was stored although it should not have been; the rest of the machine is handed in.
  review: ['base', 'event', 'guard/detect', 'guard/reduce'],
  export: ['base', 'event', 'ledger', 'query', 'store', 'proof'],
  // The face: it translates between HTTP and the rooms.
  api: [
    'base',
    'event',
    'access',
    'query',
    'receive',
    'proof',
    'guard',
    'vault',
    'journal',
    'ledger',
    'rights',
    'retention',
    'pack/retention',
    'review',
    'witness',
    'integrity',
    'archive',
    'store',
    'export',
    'pipeline',
  ],
};
/** Composition: these see everything. */
const COMPOSITION = ['main', 'store-main', 'build', 'server', 'pipeline', 'demo', 'cli', 'bench'];
const MINTS: Readonly<Record<string, string>> = {
  'event/mint/guarded': 'guard',
  'event/mint/journaled': 'journal',
  'event/mint/sealed': 'ledger',
};

interface Import {
  readonly file: string;
  readonly target: string;
}

function importsOf(dir: string): Import[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\./.test(name))
    .flatMap((name) => {
      const text = readFileSync(join(dir, name), 'utf8');
      const found = [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((m) => m[1] ?? '');
      return found.map((spec): Import => {
        if (spec.startsWith('@prooflog/proof')) return { file: name, target: 'proof' };
        if (!spec.startsWith('.')) return { file: name, target: `npm:${spec}` };
        return { file: name, target: normalize(join(dirname(name), spec)).replace(/\.js$/, '') };
      });
    });
}

const roomOf = (path: string): string => path.split('/')[0]?.replace(/\.ts$/, '') ?? '';

describe('import rule', () => {
  it('rooms import only what they may', () => {
    const wrong = importsOf(SRC).filter(({ file, target }) => {
      const room = roomOf(file);
      if (COMPOSITION.includes(room) || target.startsWith('npm:') || roomOf(target) === room) return false;
      const allowed = RULES[room];
      return allowed === undefined || !allowed.some((a) => target === a || target.startsWith(`${a}/`));
    });
    expect(wrong).toEqual([]);
  });

  it('a stage type is made in one room only', () => {
    const wrong = importsOf(SRC).filter(
      ({ file, target }) => MINTS[target] !== undefined && MINTS[target] !== roomOf(file),
    );
    expect(wrong).toEqual([]);
  });

  it('the proof package depends on nothing, and its browser part on no Node', () => {
    const outside = importsOf(join(ROOT, 'proof/src')).filter(
      ({ target }) => target.startsWith('npm:') && target !== 'npm:#sha256',
    );
    const wrong = outside.filter(
      ({ file, target }) => !target.startsWith('npm:node:') || !/^(?:node|bin)\/|\.node\.ts$/.test(file),
    );
    expect(wrong).toEqual([]);
  });

  it('only main may end the process, besides the commands that serve', () => {
    const allowed = /^(?:main|store-main|cli\/serve|base\/runtime|bench\/sender)\.ts$/;
    const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !allowed.test(name),
    );
    expect(files.filter((name) => /process\.exit\(/.test(readFileSync(join(SRC, name), 'utf8')))).toEqual([]);
  });

  it('pages import types of the API and nothing else of the server', () => {
    const wrong = importsOf(join(ROOT, 'web/src')).filter(
      ({ target }) => target.includes('server/') && !target.endsWith('server/src/api/contract'),
    );
    expect(wrong.map((w) => relative(ROOT, w.file))).toEqual([]);
  });
});
