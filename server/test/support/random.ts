/** A number from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

/** Mulberry32: the same in every run. */
export function random(seed: number): Random {
  let a = seed;
  return (below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
