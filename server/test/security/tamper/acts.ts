import { bundlePath, decodeBundle, encodeBundle, leafHash, tilePath } from '@prooflog/proof';
import type { Random } from '../../support/random.js';
import type { Files } from '../../support/stored-log.js';

/** What was done to files of a log, and the entries it concerns: from `from` up to `to`. */
export interface Act {
  readonly what: string;
  readonly files: readonly (readonly [path: string, bytes: Uint8Array | null])[];
  readonly from: number;
  readonly to: number;
}

/** A bundle, its tile, and the number of both; full ones. */
interface Region {
  readonly index: number;
  readonly entries: readonly Uint8Array[];
  readonly bundle: Uint8Array;
  readonly tile: Uint8Array;
}

export function regionOf(files: Files, index: number): Region {
  const bundle = files.get(bundlePath(index)) as Uint8Array;
  return { index, bundle, entries: decodeBundle(bundle), tile: files.get(tilePath(0, index)) as Uint8Array };
}

type Made = Partial<Record<'bundle' | 'tile', Uint8Array | null>>;

const tileOf = (entries: readonly Uint8Array[]): Uint8Array => Buffer.concat(entries.map(leafHash));

function edited(bytes: Uint8Array, rnd: Random): Uint8Array {
  const copy = bytes.slice();
  for (let n = 0; n <= rnd(4); n++) {
    const at = rnd(bytes.length);
    copy[at] = (bytes[at] as number) ^ (1 + rnd(255));
  }
  return copy;
}

function swapped(entries: readonly Uint8Array[], rnd: Random): Uint8Array[] {
  const [a, b] = [rnd(255), 255] as const;
  return entries.map((entry, i) => (i === a ? entries[b] : i === b ? entries[a] : entry) as Uint8Array);
}

/** Every one changes what a reader would see. */
const KINDS: Record<string, (region: Region, rnd: Random) => Made> = {
  'bytes of the bundle edited': ({ bundle }, rnd) => ({ bundle: edited(bundle, rnd) }),
  'bytes of the tile edited': ({ tile }, rnd) => ({ tile: edited(tile, rnd) }),
  'bundle removed': () => ({ bundle: null }),
  'tile removed': () => ({ tile: null }),
  'both removed': () => ({ bundle: null, tile: null }),
  'bundle cut off': ({ bundle }, rnd) => ({ bundle: bundle.subarray(0, rnd(bundle.length)) }),
  'tile cut off': ({ tile }, rnd) => ({ tile: tile.subarray(0, rnd(tile.length)) }),
  'bytes added to the bundle': ({ bundle }, rnd) => ({
    bundle: Buffer.concat([bundle, Buffer.alloc(1 + rnd(9))]),
  }),
  'bytes added to the tile': ({ tile }, rnd) => ({ tile: Buffer.concat([tile, Buffer.alloc(1 + rnd(40))]) }),
  'two entries swapped': ({ entries }, rnd) => ({ bundle: encodeBundle(swapped(entries, rnd)) }),
  'two entries swapped, and their hashes': ({ entries }, rnd) => {
    const other = swapped(entries, rnd);
    return { bundle: encodeBundle(other), tile: tileOf(other) };
  },
  'an entry removed': ({ entries }, rnd) => {
    const gone = rnd(256);
    return { bundle: encodeBundle(entries.filter((_, i) => i !== gone)) };
  },
  'an entry put in': ({ entries }, rnd) => {
    const at = rnd(256);
    return { bundle: encodeBundle([...entries.slice(0, at), Buffer.from('{}'), ...entries.slice(at, 255)]) };
  },
  'an entry doubled over the next': ({ entries }, rnd) => {
    const at = rnd(255);
    return { bundle: encodeBundle(entries.map((e, i) => (i === at + 1 ? entries[at] : e) as Uint8Array)) };
  },
  'an entry changed, and its hash': ({ entries }, rnd) => {
    const at = rnd(256);
    const other = entries.map((e, i) =>
      i === at ? Buffer.from(Buffer.from(e).toString().replace('record', 'recorb')) : e,
    );
    return { bundle: encodeBundle(other), tile: tileOf(other) };
  },
  'bundle emptied': () => ({ bundle: new Uint8Array() }),
};

/** One act of any kind on one bundle and its tile. */
export function actOn(region: Region, rnd: Random): Act {
  const names = Object.keys(KINDS);
  const what = names[rnd(names.length)] as string;
  const { bundle, tile } = KINDS[what]?.(region, rnd) ?? {};
  const from = region.index * 256;
  const files: [string, Uint8Array | null][] = [];
  if (bundle !== undefined) files.push([bundlePath(region.index), bundle]);
  if (tile !== undefined) files.push([tilePath(0, region.index), tile]);
  return { what: `${what} at ${from}`, files, from, to: from + 256 };
}

/** The files of two regions put in each other's place: bundles, tiles or both. */
export function exchange(a: Region, b: Region, rnd: Random): Act[] {
  const kinds = [['bundle'], ['tile'], ['bundle', 'tile']][rnd(3)] as ('bundle' | 'tile')[];
  const path = { bundle: bundlePath, tile: (index: number) => tilePath(0, index) };
  const put = (to: Region, from: Region): Act => ({
    what: `${kinds.join(' and ')} of ${from.index * 256} put at ${to.index * 256}`,
    files: kinds.map((kind) => [path[kind](to.index), from[kind]] as const),
    from: to.index * 256,
    to: to.index * 256 + 256,
  });
  return [put(a, b), put(b, a)];
}
