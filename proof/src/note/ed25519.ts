import { concat } from '../hash/bytes.js';
import { sha512 } from './sha512.js';

/**
 * Ed25519 verification (RFC 8032 §5.1.7), stricter than most libraries: keys and R must be canonical encodings,
 * keys of small order are refused (one signature would fit every message), S < L, and the equation is checked
 * without the cofactor. One implementation for Node and browsers, so both give the same verdict.
 */
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

const mod = (x: bigint): bigint => {
  const r = x % P;
  return r < 0n ? r + P : r;
};

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let b = mod(base);
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % P;
    b = (b * b) % P;
  }
  return result;
}

const invert = (x: bigint): bigint => power(x, P - 2n);
const D = mod(-121665n * invert(121666n));
const SQRT_M1 = power(2n, (P - 1n) / 4n);

/** Extended coordinates X, Y, Z, T. */
type Point = readonly [bigint, bigint, bigint, bigint];
const IDENTITY: Point = [0n, 1n, 1n, 0n];

/** Complete addition for a = −1 (RFC 8032 §5.1.4): also right for doubling. */
function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * t1 * D * t2);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function multiply(point: Point, scalar: bigint): Point {
  let result = IDENTITY;
  let p = point;
  for (let n = scalar; n > 0n; n >>= 1n) {
    if (n & 1n) result = add(result, p);
    p = add(p, p);
  }
  return result;
}

const same = ([x1, y1, z1]: Point, [x2, y2, z2]: Point): boolean =>
  mod(x1 * z2 - x2 * z1) === 0n && mod(y1 * z2 - y2 * z1) === 0n;

function littleEndian(bytes: Uint8Array): bigint {
  let n = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) n = (n << 8n) | BigInt(bytes[i] as number);
  return n;
}

/** Null for anything but the one canonical encoding of a point on the curve. */
function decode(bytes: Uint8Array): Point | null {
  const n = littleEndian(bytes);
  const sign = n >> 255n;
  const y = n & (2n ** 255n - 1n);
  if (bytes.length !== 32 || y >= P) return null;
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  let x = mod(u * power(v, 3n) * power(u * power(v, 7n), (P - 5n) / 8n));
  const vx2 = mod(v * x * x);
  if (vx2 !== u) {
    if (vx2 !== mod(-u)) return null;
    x = mod(x * SQRT_M1);
  }
  if (x === 0n && sign === 1n) return null;
  if ((x & 1n) !== sign) x = mod(-x);
  return [x, y, 1n, mod(x * y)];
}

const BASE = decode(Uint8Array.from([0x58, ...Array<number>(31).fill(0x66)])) as Point;

export type KeyVerdict = 'ok' | 'not_canonical' | 'small_order' | 'mixed_order';

/** What is wrong with a public key, for refusing it at registration. */
export function checkPublicKey(key: Uint8Array): KeyVerdict {
  const point = decode(key);
  if (point === null) return 'not_canonical';
  if (same(multiply(point, 8n), IDENTITY)) return 'small_order';
  return same(multiply(point, L), IDENTITY) ? 'ok' : 'mixed_order';
}

/** Whether `signature` (64 bytes) is the key's over `message`. Never throws. */
export function verifyEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.length !== 32 || signature.length !== 64) return false;
  const a = decode(key);
  const r = decode(signature.subarray(0, 32));
  const s = littleEndian(signature.subarray(32));
  if (a === null || r === null || s >= L || same(multiply(a, 8n), IDENTITY)) return false;
  const k = littleEndian(sha512(concat(signature.subarray(0, 32), key, message))) % L;
  return same(multiply(BASE, s), add(r, multiply(a, k)));
}
