import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { blockPath, bundlePath, decodeBundle, parsePath, tilePath } from '@prooflog/proof';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../../test/support/lab.js';
import { removeDir, tempDir } from '../../test/support/program.js';
import { type Random, random } from '../../test/support/random.js';
import { formatUuid } from '../base/uuid.js';
import type { LogName } from '../event/stages.js';
import { detect } from '../guard/detect/index.js';
import { Edge } from '../ledger/edge.js';

const SEED = 20261121;
const EVENTS = 1_300;
const FULL = 5;
const dir = tempDir();
let lab: Lab;
/** What was sealed, by path inside the log. */
const sealed = new Map<string, Map<string, Buffer>>();

beforeAll(async () => {
  lab = await Lab.open(dir);
  await lab.send(EVENTS);
  await lab.sendLogs(40, 2);
  await lab.seal();
  for (const stream of ['audit', 'logs']) {
    const root = lab.logDir(stream);
    const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
    const files = paths.filter((path) => statSync(join(root, path)).isFile()).sort();
    sealed.set(stream, new Map(files.map((path) => [path, readFileSync(join(root, path))])));
    expect(await lab.check(stream)).toEqual([]);
  }
});
afterAll(async () => {
  await lab.close();
  removeDir(dir);
});

function put(stream: string, path: string, bytes: Uint8Array): void {
  const full = join(lab.logDir(stream), path);
  mkdirSync(dirname(full), { recursive: true });
  if (existsSync(full)) chmodSync(full, 0o644);
  writeFileSync(full, bytes);
}

const original = (stream: string, path: string): Buffer => sealed.get(stream)?.get(path) as Buffer;

function restore(stream: string, paths: Iterable<string>): void {
  for (const path of paths) {
    const bytes = sealed.get(stream)?.get(path);
    if (bytes === undefined) rmSync(join(lab.logDir(stream), path), { force: true });
    else put(stream, path, bytes);
  }
}

/** First entry of a file and the one behind its last. */
function rangeOf(path: string): [number, number] {
  const p = parsePath(path);
  if (p === null) return [0, 0];
  if (p.kind === 'block') return [p.leaf, p.leaf + 1];
  const span = p.kind === 'tile' ? 256 ** p.level : 1;
  return [p.index * 256 * span, (p.index * 256 + p.width) * span];
}

/** Damages some files that `free` still names and takes them out of it. @returns the damaged ones. */
function damage(stream: string, free: Set<string>, rnd: Random): string[] {
  const pick = (fits: (path: string) => boolean): string | undefined => {
    const list = [...free].filter(fits);
    const path = list[rnd(Math.max(1, list.length))];
    if (path !== undefined) free.delete(path);
    return path;
  };
  const one = (): string => pick(() => true) as string;
  switch (rnd(6)) {
    case 0: {
      const path = one();
      put(stream, path, original(stream, path).subarray(0, rnd(original(stream, path).length)));
      return [path];
    }
    case 1: {
      const path = one();
      rmSync(join(lab.logDir(stream), path));
      return [path];
    }
    case 2: {
      const kind = ['tile/entries/', 'tile/0/', 'block/'][rnd(3)] as string;
      const fits = (path: string): boolean => path.startsWith(kind) && !path.includes('.p/');
      const [a, b] = [pick(fits), pick(fits)];
      if (a === undefined || b === undefined)
        return [a, b].filter((p) => p !== undefined).map((p) => cut(stream, p));
      put(stream, a, original(stream, b));
      put(stream, b, original(stream, a));
      return [a, b];
    }
    case 3: {
      const names = [
        `note${rnd(1e6)}.txt`,
        tilePath(0, 6 + rnd(1e6)),
        bundlePath(6 + rnd(1e6), 1 + rnd(255)),
        tilePath(0, rnd(FULL), 1 + rnd(255)),
        blockPath(40 + rnd(1e6)),
        tilePath(3, rnd(1e3)),
      ];
      const path = names[rnd(names.length)] as string;
      put(stream, path, Buffer.from(`added ${rnd(1e6)}`));
      return [path];
    }
    default: {
      const path = one();
      const bytes = Buffer.from(original(stream, path));
      for (let n = 0; n <= rnd(4); n++) {
        const at = rnd(bytes.length);
        bytes[at] = (original(stream, path)[at] as number) ^ (1 + rnd(255));
      }
      put(stream, path, bytes);
      return [path];
    }
  }
}

function cut(stream: string, path: string): string {
  put(stream, path, original(stream, path).subarray(1));
  return path;
}

/** History from entry `from` on written anew: chained, hashed and signed with the log's own key. */
async function reseal(from: number): Promise<string[]> {
  const entries = Array.from({ length: FULL + 1 }, (_, i) =>
    decodeBundle(original('audit', bundlePath(i, i < FULL ? undefined : EVENTS % 256))),
  ).flat();
  const edge = new Edge();
  for (const [i, entry] of entries.entries()) {
    let text = Buffer.from(entry).toString();
    if (i === from) text = text.replace('"success"', '"failure"');
    if (i > from) text = text.replace(/"prev_hash":"[0-9a-f]{64}"/, `"prev_hash":"${edge.prevHash}"`);
    edge.append(Buffer.from(text));
  }
  const log: LogName = `${lab.tenant}/audit`;
  const origin = `test.example/${log}`;
  const note = await lab.signer.checkpoint(lab.tenant, origin, { log, size: EVENTS, root: edge.root() });
  const files = [...edge.takeFiles(), { path: 'checkpoint', bytes: Buffer.from(note) }];
  const changed = files.filter((file) => !original('audit', file.path).equals(file.bytes));
  for (const file of changed) put('audit', file.path, file.bytes);
  return changed.map((file) => file.path);
}

describe('1,000 random acts of tampering', () => {
  it('finds each, at its place, and blames no file that was left alone', async () => {
    const rnd = random(SEED);
    let acts = 0;
    for (let batch = 0; acts < 940; batch++) {
      const touched = { audit: new Set<string>(), logs: new Set<string>() };
      for (const stream of ['audit', 'logs'] as const) {
        // A block can be judged only by its descriptor: damage to both is found one after the other.
        const skip = stream === 'audit' ? /^$/ : batch % 2 === 0 ? /^tile/ : /^block/;
        const free = new Set([...(sealed.get(stream)?.keys() ?? [])].filter((path) => !skip.test(path)));
        for (let n = 0; n < (stream === 'audit' ? 6 : 3) && free.size > 0; n++, acts++)
          for (const path of damage(stream, free, rnd)) touched[stream].add(path);
        const found = await lab.check(stream);
        const what = `seed ${SEED}, batch ${batch}, ${stream}`;
        expect([...new Set(found.map((f) => f.path))].sort(), what).toEqual([...touched[stream]].sort());
        for (const f of found) {
          const [first, end] = rangeOf(f.path);
          if (end > 0) expect(f.index, `${what}, ${f.path}`).toBeGreaterThanOrEqual(first);
          if (end > 0) expect(f.index, `${what}, ${f.path}`).toBeLessThan(end);
        }
        restore(stream, touched[stream]);
        expect(await lab.check(stream), what).toEqual([]);
      }
    }
    expect(acts).toBeGreaterThanOrEqual(940);
  }, 300_000);

  it('finds history that was written anew and signed with the right key', async () => {
    const rnd = random(SEED + 1);
    for (let n = 0; n < 60; n++) {
      const from = n % 4 === 0 ? EVENTS - 1 - rnd(EVENTS % 256) : rnd(EVENTS);
      const changed = await reseal(from);
      const found = await lab.check('audit');
      const bundle = Math.floor(from / 256);
      expect(changed.length, `from ${from}`).toBeGreaterThan(2);
      expect(
        found.map((f) => f.path),
        `from ${from}`,
      ).toContain('checkpoint');
      // The bundles that were proven before are known; the entry is exact in the last one, which is held in memory.
      const first = found.find((f) => f.path.includes('entries'));
      expect(first?.path, `from ${from}`).toBe(bundlePath(bundle, bundle < FULL ? undefined : EVENTS % 256));
      expect(first?.index, `from ${from}`).toBe(bundle < FULL ? bundle * 256 : from);
      expect(first?.eventId, `from ${from}`).toMatch(/^[0-9a-f-]{36}$/);
      const paths = new Set(found.map((f) => f.path));
      for (const path of changed.filter((p) => !p.includes('.p/')))
        expect(paths, `from ${from}`).toContain(path);
      for (const path of paths) expect(changed, `from ${from}`).toContain(path);
      restore('audit', changed);
      expect(await lab.check('audit'), `from ${from}`).toEqual([]);
    }
  }, 120_000);

  it('the places it names are not taken for personal data on their way into a record', () => {
    const number = fc.integer({ min: 0, max: 1e12 });
    const path = fc.oneof(
      fc.tuple(fc.integer({ min: 0, max: 5 }), number).map(([level, n]) => tilePath(level, n)),
      fc.tuple(number, fc.integer({ min: 1, max: 255 })).map(([n, width]) => bundlePath(n, width)),
      number.map(blockPath),
      fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => formatUuid(bytes)),
      fc.uint8Array({ minLength: 8, maxLength: 8 }).map((b) => `t${Buffer.from(b).toString('hex')}/audit`),
    );
    fc.assert(
      fc.property(path, (text) => detect(text).length === 0),
      { numRuns: 5_000, seed: SEED },
    );
  });
});
