/** SHA-512 (FIPS 180-4) on BigInt: slow, only for the few signatures of a checkpoint, and the same everywhere. */
const MASK = (1n << 64n) - 1n;

/** floor(n-th root of x), by Newton's method on integers. */
function integerRoot(x: bigint, n: bigint): bigint {
  let r = 1n << (BigInt(x.toString(2).length) / n + 1n);
  for (;;) {
    const next = ((n - 1n) * r + x / r ** (n - 1n)) / n;
    if (next >= r) return r;
    r = next;
  }
}

const PRIMES: bigint[] = [];
for (let n = 2n; PRIMES.length < 80; n++) if (PRIMES.every((p) => n % p !== 0n)) PRIMES.push(n);

/** First 64 bits of the fractional part of a root. */
const fraction = (prime: bigint, n: bigint): bigint => integerRoot(prime << (64n * n), n) & MASK;
const K = PRIMES.map((p) => fraction(p, 3n));
const INITIAL = PRIMES.slice(0, 8).map((p) => fraction(p, 2n));

const rotr = (x: bigint, n: bigint): bigint => ((x >> n) | (x << (64n - n))) & MASK;

function compress(state: bigint[], block: DataView, offset: number): void {
  const w: bigint[] = [];
  for (let i = 0; i < 16; i++) w.push(block.getBigUint64(offset + i * 8));
  for (let i = 16; i < 80; i++) {
    const a = w[i - 15] as bigint;
    const b = w[i - 2] as bigint;
    const s0 = rotr(a, 1n) ^ rotr(a, 8n) ^ (a >> 7n);
    const s1 = rotr(b, 19n) ^ rotr(b, 61n) ^ (b >> 6n);
    w.push(((w[i - 16] as bigint) + s0 + (w[i - 7] as bigint) + s1) & MASK);
  }
  let [a, b, c, d, e, f, g, h] = state as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
  for (let i = 0; i < 80; i++) {
    const s1 = rotr(e, 14n) ^ rotr(e, 18n) ^ rotr(e, 41n);
    const t1 = h + s1 + ((e & f) ^ (~e & MASK & g)) + (K[i] as bigint) + (w[i] as bigint);
    const s0 = rotr(a, 28n) ^ rotr(a, 34n) ^ rotr(a, 39n);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) & MASK, c, b, a, (t1 + t2) & MASK];
  }
  for (const [i, x] of [a, b, c, d, e, f, g, h].entries()) state[i] = ((state[i] as bigint) + x) & MASK;
}

/** @returns 64 bytes. */
export function sha512(data: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((data.length + 17) / 128) * 128);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(data.length) * 8n);
  const state = [...INITIAL];
  for (let offset = 0; offset < padded.length; offset += 128) compress(state, view, offset);
  const out = new Uint8Array(64);
  const outView = new DataView(out.buffer);
  for (const [i, x] of state.entries()) outView.setBigUint64(i * 8, x);
  return out;
}
