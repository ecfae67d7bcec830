import { equalBytes } from '../hash/bytes.js';
import { decodeBundle, encodeBundle } from '../tile/bundle.js';
import { bundlePath, parsePath, partialWidth, TILE_WIDTH, tilePath } from '../tile/paths.js';
import type { Finding } from './findings.js';
import type { LogSource } from './log.js';

const OWN = new Set(['checkpoint', 'vkey']);
const TEMPORARY = /\.\d+\.\d+\.tmp$/;

/**
 * Files that the pass over the log did not read: partial tiles that were not yet tidied away must be prefixes of
 * what replaced them; what no log has is reported. Files beyond the checkpoint belong to a later one.
 */
export async function checkExtraFiles(
  source: LogSource,
  paths: readonly string[],
  size: number,
  findings: Finding[],
): Promise<void> {
  for (const path of paths) {
    if (OWN.has(path) || TEMPORARY.test(path)) continue;
    const parsed = parsePath(path);
    if (parsed === null)
      findings.push({ code: 'file_added', path, message: 'No log has a file of this name.' });
    else if (parsed.kind !== 'block') await checkPartial(source, path, parsed, size, findings);
  }
}

type Partial =
  | { kind: 'tile'; level: number; index: number; width: number }
  | { kind: 'entries'; index: number; width: number };

async function checkPartial(
  source: LogSource,
  path: string,
  p: Partial,
  size: number,
  findings: Finding[],
): Promise<void> {
  const level = p.kind === 'tile' ? p.level : 0;
  const span = TILE_WIDTH ** level;
  const last = Math.floor(size / span / TILE_WIDTH);
  const width = p.index < last ? TILE_WIDTH : p.index === last ? partialWidth(size, level) : 0;
  // Full files and the ones of this very size were read already; wider ones are newer than the checkpoint.
  if (p.width >= width) return;
  const whole = (await source.read(nameOf(p, width))) ?? (await source.read(nameOf(p, TILE_WIDTH)));
  const bytes = await source.read(path);
  if (whole === null || bytes === null) return;
  const expected = p.kind === 'tile' ? whole.subarray(0, p.width * 32) : prefix(whole, p.width);
  if (!equalBytes(bytes, expected))
    findings.push({
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
