/** Hashes in a full tile, entries in a full bundle: height 8 (c2sp.org/tlog-tiles). */
export const TILE_WIDTH = 256;

/** `1234067` → `x001/x234/067`. */
function groups(n: number): string {
  const digits = String(n);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const parts = padded.match(/\d{3}/g) ?? [];
  return parts.map((part, i) => (i < parts.length - 1 ? `x${part}` : part)).join('/');
}

const partial = (width: number | undefined): string =>
  width === undefined || width === TILE_WIDTH ? '' : `.p/${width}`;

/** Path of a Merkle tile; `width` for a partial one. */
export const tilePath = (level: number, index: number, width?: number): string =>
  `tile/${level}/${groups(index)}${partial(width)}`;

/** Path of a bundle of entries; `width` for a partial one. */
export const bundlePath = (index: number, width?: number): string =>
  `tile/entries/${groups(index)}${partial(width)}`;

/** Path of the records of a block, by the leaf it is (docs/formats/ledger.md). */
export const blockPath = (leaf: number): string => `block/${groups(leaf)}`;

export type LedgerPath =
  | { kind: 'tile'; level: number; index: number; width: number }
  | { kind: 'entries'; index: number; width: number }
  | { kind: 'block'; leaf: number };

const PATH = /^(?:tile\/(entries|\d{1,2})|(block))\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** What a path names, or null when it is none of ours (also for a second spelling of the same number). */
export function parsePath(path: string): LedgerPath | null {
  const m = PATH.exec(path);
  if (m === null) return null;
  const index = Number(m[3]?.replaceAll(/[x/]/g, ''));
  const width = m[4] === undefined ? TILE_WIDTH : Number(m[4]);
  const parsed: LedgerPath =
    m[2] !== undefined
      ? { kind: 'block', leaf: index }
      : m[1] === 'entries'
        ? { kind: 'entries', index, width }
        : { kind: 'tile', level: Number(m[1]), index, width };
  const again = pathOf(parsed);
  return again === path ? parsed : null;
}

function pathOf(p: LedgerPath): string {
  if (p.kind === 'block') return blockPath(p.leaf);
  return p.kind === 'entries' ? bundlePath(p.index, p.width) : tilePath(p.level, p.index, p.width);
}

/** Width of the partial tile of a level in a log of this size; 0 when there is none. */
export const partialWidth = (size: number, level: number): number =>
  Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH;
