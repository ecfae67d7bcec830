/** The eight points of edwards25519 whose order divides 8, computed from the curve equation, in all their encodings. */

const P = 2n ** 255n - 19n;
const mod = (n: bigint): bigint => ((n % P) + P) % P;

function power(base: bigint, exponent: bigint): bigint {
  let [result, b] = [1n, mod(base)];
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = mod(result * b);
    b = mod(b * b);
  }
  return result;
}
const inverse = (n: bigint): bigint => power(n, P - 2n);
const D = mod(-121665n * inverse(121666n));

/** A square root (p ≡ 5 mod 8, Atkin), or null. */
function root(n: bigint): bigint | null {
  const candidate = power(n, (P + 3n) / 8n);
  const i = power(2n, (P - 1n) / 4n);
  return [candidate, mod(candidate * i)].find((x) => mod(x * x) === mod(n)) ?? null;
}

/**
 * y of the points of order 8: those that double to a point with y = 0, for which x² = −y². So the curve equation
 * −x² + y² = 1 + d·x²·y² becomes d·y⁴ + 2·y² − 1 = 0.
 */
function yOfOrder8(): bigint[] {
  const discriminant = root(1n + D);
  if (discriminant === null) throw new Error('no square root');
  return [discriminant, -discriminant].flatMap((s) => {
    const y = root(mod((s - 1n) * inverse(D)));
    return y === null ? [] : [y, mod(-y)];
  });
}

function encoded(n: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let i = 0, rest = n; i < 32; i++, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
}

export interface Encoding {
  readonly bytes: Uint8Array;
  /** The one encoding RFC 8032 §5.1.2 has for the point. */
  readonly canonical: boolean;
}

/** Each y below 2^255 that is one of theirs modulo p, with either sign bit. */
export function smallOrderEncodings(): Encoding[] {
  const ys = [1n, P - 1n, 0n, ...yOfOrder8()];
  return ys.flatMap((y) => {
    const hasX = y !== 1n && y !== P - 1n;
    return [y, y + P]
      .filter((n) => n < 2n ** 255n)
      .flatMap((n) =>
        [0n, 1n].map((sign) => ({
          bytes: encoded(n + (sign << 255n)),
          canonical: n < P && (hasX || sign === 0n),
        })),
      );
  });
}
