import { judgeName, parsePath, TILE_WIDTH } from '@prooflog/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Edge } from '../ledger/edge.js';
import { filledBy, fullBundles } from './files.js';

/** The full tiles and bundles that a log has at `to` entries and did not have at `from`. */
const filledBetween = (from: number, to: number): string[] =>
  Array.from({ length: fullBundles(to) - fullBundles(from) }, (_, i) =>
    filledBy(fullBundles(from) + i),
  ).flat();

const size = fc.integer({ min: 0, max: 3 * TILE_WIDTH ** 2 });

describe('the full files of a log', () => {
  it('between any sizes on the way are those of the whole way, each once', () => {
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 8 }), (sizes) => {
        const stops = [0, ...sizes.sort((a, b) => a - b)];
        const steps = stops.slice(1).flatMap((to, i) => filledBetween(stops[i] ?? 0, to));
        expect(steps).toEqual(filledBetween(0, stops.at(-1) ?? 0));
        expect(new Set(steps).size).toBe(steps.length);
      }),
    );
  });

  it('are complete at the size that makes them full, and not one entry before', () => {
    fc.assert(
      fc.property(size, size, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        for (const path of filledBetween(from, to)) {
          const parsed = parsePath(path);
          expect(parsed).toMatchObject({ width: TILE_WIDTH });
          expect([judgeName(path, from), judgeName(path, to)]).toEqual(['beyond', 'own']);
        }
      }),
    );
  });

  it('are those that the sealer writes', () => {
    const edge = new Edge();
    const written: string[] = [];
    for (let n = 1; n <= TILE_WIDTH ** 2 + TILE_WIDTH + 1; n++) {
      edge.append(new Uint8Array([n]));
      if (n % 1_000 !== 0 && n <= TILE_WIDTH ** 2) continue;
      written.push(...edge.takeFiles().map(({ path }) => path));
      const full = written.filter((path) => !path.includes('.p/'));
      expect(filledBetween(0, n).sort()).toEqual(full.sort());
    }
    expect(written).toContain('tile/1/000');
  });
});
