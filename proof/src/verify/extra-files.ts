import { equalBytes } from '../hash/bytes.js';
import { decodeBundle, encodeBundle } from '../tile/bundle.js';
import { bundlePath, parsePath, partialWidth, TILE_WIDTH, tilePath } from '../tile/paths.js';
import type { FileReader } from '../tile/reader.js';
import type { Finding } from './findings.js';
import type { LogSource } from './log.js';

const OWN = new Set(['checkpoint', 'checkpoint.cosigned', 'vkey', 'minimum-index']);
const TEMPORARY = /\.\d+\.\d+\.tmp$/;

/** What a {@link Walk} over all entries learned of the kinds of them. */
export interface Kinds {
  readonly done: number;
  readonly blocks: number;
}

/** `beyond`: of a size the log does not have yet; `temporary`: being written, or left by a crash. */
export type NameVerdict = 'own' | 'foreign' | 'beyond' | 'temporary';

/** What a name says by itself about a file in the directory of a log of `size` entries. */
export function judgeName(path: string, size: number): NameVerdict {
  if (OWN.has(path)) return 'own';
  if (TEMPORARY.test(path)) return 'temporary';
  const parsed = parsePath(path);
  if (parsed === null) return 'foreign';
  if (parsed.kind === 'block') return parsed.leaf < size ? 'own' : 'beyond';
  const end = parsed.index * TILE_WIDTH + parsed.width;
  const span = parsed.kind === 'tile' ? TILE_WIDTH ** parsed.level : 1;
  return end * span <= size ? 'own' : 'beyond';
}

/**
 * Files that the pass over the log did not read: partial tiles that were not yet tidied away must be prefixes of
 * what replaced them; what no log has is reported. Files beyond the checkpoint belong to a later one.
 */
export async function checkExtraFiles(
  source: LogSource,
  paths: readonly string[],
  walked: Kinds,
  size: number,
  report: (finding: Finding) => void,
): Promise<void> {
  for (const path of paths) {
    const name = judgeName(path, size);
    if (name === 'foreign') report({ code: 'file_added', path, message: 'No log has a file of this name.' });
    else if (name === 'own') await checkExtraFile(source.read, path, walked, size, report);
  }
}

/** One file whose name is the log's own, see {@link judgeName}. */
export async function checkExtraFile(
  read: FileReader,
  path: string,
  walked: Kinds,
  size: number,
  report: (finding: Finding) => void,
): Promise<void> {
  const parsed = parsePath(path);
  if (parsed === null) return;
  if (parsed.kind !== 'block') return checkPartial(read, path, parsed, size, report);
  const described =
    walked.blocks === 0
      ? false
      : walked.blocks === walked.done || (await isDescriptor(read, parsed.leaf, size));
  if (!described)
    report({
      code: 'file_added',
      path,
      index: parsed.leaf,
      message: 'The entry of this number is no block.',
    });
}

async function isDescriptor(read: FileReader, leaf: number, size: number): Promise<boolean> {
  const index = Math.floor(leaf / TILE_WIDTH);
  const width = index < Math.floor(size / TILE_WIDTH) ? TILE_WIDTH : size % TILE_WIDTH;
  const bytes = (await read(bundlePath(index, width))) ?? (await read(bundlePath(index)));
  try {
    const entry = decodeBundle(bytes ?? new Uint8Array())[leaf % TILE_WIDTH];
    return entry === undefined || String.fromCharCode(...entry.subarray(0, 10)) === '{"block":{';
  } catch {
    return true; // The bundle was found to be broken already.
  }
}

type Partial =
  | { kind: 'tile'; level: number; index: number; width: number }
  | { kind: 'entries'; index: number; width: number };

async function checkPartial(
  read: FileReader,
  path: string,
  p: Partial,
  size: number,
  report: (finding: Finding) => void,
): Promise<void> {
  const level = p.kind === 'tile' ? p.level : 0;
  const span = TILE_WIDTH ** level;
  const last = Math.floor(size / span / TILE_WIDTH);
  const width = p.index < last ? TILE_WIDTH : p.index === last ? partialWidth(size, level) : 0;
  // Full files and the ones of this very size were read already; wider ones are newer than the checkpoint.
  if (p.width >= width) return;
  const bytes = await read(path);
  const whole = (await read(nameOf(p, width))) ?? (await read(nameOf(p, TILE_WIDTH)));
  if (whole === null || bytes === null) return;
  const expected = p.kind === 'tile' ? whole.subarray(0, p.width * 32) : prefix(whole, p.width);
  if (!equalBytes(bytes, expected))
    report({
      code: 'file_altered',
      path,
      index: p.index * TILE_WIDTH * span,
      message: 'The partial file is not a prefix of what replaced it.',
    });
}

const nameOf = (p: Partial, width: number): string =>
  p.kind === 'tile' ? tilePath(p.level, p.index, width) : bundlePath(p.index, width);

function prefix(bundle: Uint8Array, width: number): Uint8Array {
  try {
    return encodeBundle(decodeBundle(bundle).slice(0, width));
  } catch {
    return new Uint8Array();
  }
}
