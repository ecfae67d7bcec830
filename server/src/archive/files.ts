import { bundlePath, TILE_WIDTH, tilePath } from '@prooflog/proof';

/** Bundles that are full in a log of this size. */
export const fullBundles = (size: number): number => Math.floor(size / TILE_WIDTH);

/**
 * The files that become full with a bundle: itself, its tile, and each tile above whose last hash that gives
 * (c2sp.org/tlog-tiles).
 */
export function filledBy(bundle: number): string[] {
  const paths = [bundlePath(bundle)];
  for (let level = 0, end = bundle + 1; ; level++, end /= TILE_WIDTH) {
    paths.push(tilePath(level, end - 1));
    if (end % TILE_WIDTH !== 0) return paths;
  }
}
