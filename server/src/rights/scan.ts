import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { systemCode } from '../base/errors.js';
import type { Needle } from './needles.js';

/** Something with bytes in it: a file, one version of an object in a bucket. */
export interface Content {
  readonly name: string;
  read(): AsyncIterable<Uint8Array>;
}

/** What is looked through, all of it. */
export interface Place {
  readonly name: string;
  contents(): AsyncIterable<Content>;
}

export interface PlaceReport {
  readonly place: string;
  readonly files: number;
  readonly bytes: number;
  /** Where something was found: the file, and what kind of thing, never the thing itself. */
  readonly found: readonly { readonly file: string; readonly what: string }[];
  /** What could not be read, with the code of the error: it was not looked at. */
  readonly unread: readonly { readonly file: string; readonly code: string }[];
}

const WINDOW = 4 * 2 ** 20;

/** A folder with everything below it, or one file; nothing there is nothing to look through. Links are not followed. */
export function folder(name: string, path: string): Place {
  return {
    name,
    async *contents() {
      for await (const file of filesBelow(path))
        yield {
          name: relative(path, file) || name,
          read: () => createReadStream(file, { highWaterMark: WINDOW }),
        };
    },
  };
}

/** All files below a path, in a stable order. */
async function* filesBelow(path: string): AsyncGenerator<string> {
  const stat = await lstat(path).catch(() => null);
  if (stat === null) return;
  if (stat.isFile()) yield path;
  if (!stat.isDirectory()) return;
  for (const name of (await readdir(path).catch(() => [])).sort()) yield* filesBelow(join(path, name));
}

/** Which needles a content holds. Windows overlap by the longest needle, so none is cut in two. */
async function lookThrough(
  content: Content,
  needles: readonly Needle[],
): Promise<[bytes: number, what: Set<string>]> {
  const overlap = Math.max(0, ...needles.map((needle) => needle.bytes.length - 1));
  const what = new Set<string>();
  let kept = Buffer.alloc(0);
  let total = 0;
  for await (const chunk of content.read()) {
    total += chunk.length;
    const window =
      kept.length === 0
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
        : Buffer.concat([kept, chunk]);
    for (const needle of needles)
      if (!what.has(needle.what) && window.includes(needle.bytes)) what.add(needle.what);
    kept = Buffer.from(window.subarray(Math.max(0, window.length - overlap)));
  }
  return [total, what];
}

/** Looks through every place. What comes and goes meanwhile (merges, segments) is passed over. */
export async function scanPlaces(
  places: readonly Place[],
  needles: readonly Needle[],
): Promise<PlaceReport[]> {
  const reports: PlaceReport[] = [];
  for (const place of places) reports.push(await scanPlace(place, needles));
  return reports;
}

async function scanPlace(place: Place, needles: readonly Needle[]): Promise<PlaceReport> {
  const found: { file: string; what: string }[] = [];
  const unread: { file: string; code: string }[] = [];
  let files = 0;
  let bytes = 0;
  const failed = (file: string, error: unknown): void => {
    const code = systemCode(error);
    if (code !== 'ENOENT') unread.push({ file, code });
  };
  try {
    for await (const content of place.contents())
      try {
        const [read, kinds] = await lookThrough(content, needles);
        files += 1;
        bytes += read;
        for (const what of kinds) found.push({ file: content.name, what });
      } catch (error) {
        failed(content.name, error);
      }
  } catch (error) {
    // What it holds could not even be listed.
    failed(place.name, error);
  }
  return { place: place.name, files, bytes, found, unread };
}
