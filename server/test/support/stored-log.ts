import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LogSource } from '@prooflog/proof';

/** The files of one log, by path. */
export type Files = ReadonlyMap<string, Uint8Array>;
/** What somebody did to them; null: removed. */
export type Changes = ReadonlyMap<string, Uint8Array | null>;

export function readFiles(dir: string): Map<string, Uint8Array> {
  const paths = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => statSync(join(dir, path)).isFile()).sort();
  return new Map(files.map((path) => [path, new Uint8Array(readFileSync(join(dir, path)))]));
}

/** The log as it looks after the changes; nothing is copied. */
export function changed(files: Files, changes: Changes = new Map()): Required<LogSource> {
  return {
    read: async (path) => (changes.has(path) ? (changes.get(path) ?? null) : (files.get(path) ?? null)),
    list: async () =>
      [...new Set([...files.keys(), ...changes.keys()])].filter((p) => changes.get(p) !== null),
  };
}

/** The file with one bit turned over; bit 0 is the lowest of the first byte. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}
