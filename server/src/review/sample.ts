import { randomInt } from 'node:crypto';

export function* range(from: number, to: number): Generator<number> {
  for (let n = from; n < to; n++) yield n;
}

/**
 * Distinct numbers from `from` up to `to`, each as likely as any other, ascending; all of them where there are no
 * more than wanted. Robert Floyd's way: as many draws as numbers.
 */
export function draw(from: number, to: number, count: number): number[] {
  const all = to - from;
  if (all <= count) return [...range(from, to)];
  const drawn = new Set<number>();
  for (let i = all - count; i < all; i++) {
    const n = randomInt(i + 1);
    drawn.add(drawn.has(n) ? i : n);
  }
  return [...drawn].map((n) => from + n).sort((a, b) => a - b);
}
