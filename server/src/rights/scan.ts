import { lstat, open, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { systemCode } from '../base/errors.js';
import type { Needle } from './needles.js';

/** A folder or file that is looked through. */
export interface Place {
  readonly name: string;
  readonly path: string;
}

export interface PlaceReport {
  readonly place: string;
  readonly files: number;
  readonly bytes: number;
  /** Where something was found: the file, and what kind of thing, never the thing itself. */
  readonly found: readonly { readonly file: string; readonly what: string }[];
  /** Files that could not be read, with the system's code: they were not looked at. */
  readonly unread: readonly { readonly file: string; readonly code: string }[];
}

const WINDOW = 4 * 2 ** 20;

/** All files below a path, in a stable order; links are not followed. */
async function* filesBelow(path: string): AsyncGenerator<string> {
  const stat = await lstat(path).catch(() => null);
  if (stat === null) return;
  if (stat.isFile()) yield path;
  if (!stat.isDirectory()) return;
  for (const name of (await readdir(path).catch(() => [])).sort()) yield* filesBelow(join(path, name));
}

/** Which needles a file holds. Windows overlap by the longest needle, so none is cut in two. */
async function lookThrough(
  path: string,
  needles: readonly Needle[],
): Promise<[bytes: number, what: Set<string>]> {
  const overlap = Math.max(0, ...needles.map((needle) => needle.bytes.length - 1));
  const window = Buffer.allocUnsafe(WINDOW + overlap);
  const file = await open(path, 'r');
  const what = new Set<string>();
  let kept = 0;
  let total = 0;
  try {
    for (;;) {
      const { bytesRead } = await file.read(window, kept, WINDOW, total);
      if (bytesRead === 0) return [total, what];
      total += bytesRead;
      const filled = window.subarray(0, kept + bytesRead);
      for (const needle of needles)
        if (!what.has(needle.what) && filled.includes(needle.bytes)) what.add(needle.what);
      kept = Math.min(overlap, filled.length);
      filled.copyWithin(0, filled.length - kept);
    }
  } finally {
    await file.close();
  }
}

/** Looks through every file of the places. Files that come and go meanwhile (merges, segments) are passed over. */
export async function scanPlaces(
  places: readonly Place[],
  needles: readonly Needle[],
): Promise<PlaceReport[]> {
  const reports: PlaceReport[] = [];
  for (const { name, path } of places) {
    const found: { file: string; what: string }[] = [];
    const unread: { file: string; code: string }[] = [];
    let files = 0;
    let bytes = 0;
    for await (const file of filesBelow(path)) {
      const shown = relative(path, file) || name;
      try {
        const [read, kinds] = await lookThrough(file, needles);
        files += 1;
        bytes += read;
        for (const what of kinds) found.push({ file: shown, what });
      } catch (error) {
        const code = systemCode(error);
        if (code !== 'ENOENT') unread.push({ file: shown, code });
      }
    }
    reports.push({ place: name, files, bytes, found, unread });
  }
  return reports;
}
