import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkExtraFile, judgeName, type Kinds, parsePath, TILE_WIDTH } from '@prooflog/proof';
import { type LogName, splitLog } from '../event/stages.js';
import { isBlockStream } from '../event/streams.js';
import type { Found } from './findings.js';
import { readerOf, type Scene, type Steps, until } from './scene.js';

/** Names that can be judged only later; an intruder's thousands need not all be held at once. */
const MAX_LATER = 4_096;
/** Names in one step. */
const NAMES = 64;

/**
 * Everything in the folder of a log that the walk does not read: foreign names, files of sizes the log does not
 * have, partial files that are no prefix of what replaced them.
 *
 * What lies beyond the head, and temporary files, may be the sealer's work under way. They are looked at again when
 * all that it can have begun by now is settled; what is then still beyond the head is nobody's work.
 * @param tidy at the first look: temporary files that are left over from a crash are removed and no finding.
 * @returns false when the sealer did not get on: then nothing can be said of some.
 */
export async function* checkUnexpected(scene: Scene, log: LogName, tidy: boolean): Steps<boolean> {
  const size = scene.heads.get(log)?.size ?? 0;
  const read = readerOf(scene, log);
  const block = isBlockStream(splitLog(log).stream);
  const kinds: Kinds = { done: size, blocks: block ? size : 0 };
  const later: string[] = [];
  let count = 0;
  for await (const { path, regular } of scene.files.list(join(scene.dir, log))) {
    const name = regular ? judgeName(path, size) : 'foreign';
    const found: Found[] = [];
    if (name === 'foreign') found.push({ code: 'file_added', path });
    else if (name === 'own') await checkExtraFile(read, path, kinds, size, (one) => void found.push(one));
    else if (later.length < MAX_LATER) later.push(path);
    for (const one of found) await scene.report(log, one);
    if (++count % NAMES === 0) yield 'work';
  }
  return yield* checkLater(scene, log, later, tidy);
}

async function* checkLater(
  scene: Scene,
  log: LogName,
  paths: readonly string[],
  tidy: boolean,
): Steps<boolean> {
  const begun = scene.sealing.begun();
  if (paths.length === 0) return true;
  if (!(yield* until(() => scene.sealing.settled(log) >= begun))) return false;
  for (const path of paths) {
    // Asked before the file is: a note that was listed while it was being written has its own name by then.
    if (path.startsWith('minimum-index.') && !scene.minimum(log).settled) continue;
    const name = judgeName(path, scene.heads.get(log)?.size ?? 0);
    const there = (await scene.files.size(join(scene.dir, log, path))) !== null;
    if (name === 'own' || !there) continue;
    if (name === 'temporary' && tidy) await rm(join(scene.dir, log, path), { force: true });
    else await scene.report(log, { code: 'file_added', path, ...indexOf(path) });
    yield 'work';
  }
  return true;
}

/** First entry that a file of this name would hold. */
export function indexOf(path: string): { index?: number } {
  const parsed = parsePath(path);
  if (parsed === null) return {};
  if (parsed.kind === 'block') return { index: parsed.leaf };
  const index = parsed.index * TILE_WIDTH * (parsed.kind === 'tile' ? TILE_WIDTH ** parsed.level : 1);
  return Number.isSafeInteger(index) ? { index } : {};
}
