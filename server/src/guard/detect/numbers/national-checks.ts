import { isMonthDay, mod1110, modOf, weighted } from './checks.js';

/** Check digits and dates of national ids. All take an id in upper case, without separators. */

export const two = (text: string, at: number): number => Number(text.slice(at, at + 2));
export const dated = (id: string): boolean => isMonthDay(two(id, 2), two(id, 4));
export const always = (): boolean => true;

/** One digit of the first ten stands twice or thrice, all others at most once. */
export function isSteuerId(id: string): boolean {
  const counts = new Array<number>(10).fill(0);
  for (const d of id.slice(0, 10)) counts[Number(d)] = (counts[Number(d)] ?? 0) + 1;
  return counts.filter((n) => n > 1).length === 1 && Math.max(...counts) <= 3 && mod1110(id);
}

export function isCpf(id: string): boolean {
  const check = (n: number): number => {
    const sum = weighted(
      id,
      Array.from({ length: n }, (_, i) => n + 1 - i),
    );
    return ((sum * 10) % 11) % 10;
  };
  return !/^(\d)\1+$/.test(id) && check(9) === Number(id[9]) && check(10) === Number(id[10]);
}

/** Births from 1800 to 2299: the century is added to the month. */
export const isPesel = (id: string): boolean =>
  isMonthDay(two(id, 2) % 20, two(id, 4)) && weighted(id, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0;

export function isNir(id: string): boolean {
  const month = two(id, 3);
  if (!((month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50)) return false;
  const digits = id.replace('2A', '19').replace('2B', '18');
  return 97 - modOf(digits.slice(0, 13), 97) === Number(digits.slice(13));
}

export const isDni = (id: string): boolean => {
  const digits = id.slice(0, -1).replace(/^[XYZ]/, (c) => String('XYZ'.indexOf(c)));
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(digits) % 23] === id.at(-1);
};

const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
const codeOf = (c: string): number => (c >= 'A' ? c.charCodeAt(0) - 65 : Number(c));
export function isCodiceFiscale(id: string): boolean {
  let sum = 0;
  for (let i = 0; i < 15; i++) {
    const value = codeOf(id[i] as string);
    sum += i % 2 === 0 ? (ODD[value] as number) : value;
  }
  return String.fromCharCode(65 + (sum % 26)) === id[15];
}

export function isFodselsnummer(id: string): boolean {
  const first = weighted(id, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11;
  const second = weighted(id, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11;
  return isMonthDay(two(id, 2) % 40, two(id, 0) % 40) && first === 0 && second === 0;
}

export function isRijksregister(id: string): boolean {
  const [head, check] = [id.slice(0, 9), two(id, 9)];
  return 97 - modOf(head, 97) === check || 97 - modOf(`2${head}`, 97) === check;
}

export function isRut(id: string): boolean {
  let sum = 0;
  for (let i = id.length - 2, weight = 2; i >= 0; i--, weight = weight === 7 ? 2 : weight + 1)
    sum += Number(id[i]) * weight;
  return '0K987654321'[sum % 11] === id.at(-1);
}

export const isChinese = (id: string): boolean =>
  isMonthDay(two(id, 10), two(id, 12)) &&
  '10X98765432'[weighted(id, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] === id[17];

export const isNric = (id: string): boolean => {
  const sum = weighted(id.slice(1), [2, 7, 6, 5, 4, 3, 2]) + (/[TG]/.test(id) ? 4 : 0);
  return (/[ST]/.test(id[0] ?? '') ? 'JZIHGFEDCBA' : 'XWUTRQPNMLK')[sum % 11] === id[8];
};

export function isCurp(id: string): boolean {
  let sum = 0;
  for (let i = 0; i < 17; i++)
    sum += '0123456789ABCDEFGHIJKLMN_OPQRSTUVWXYZ'.indexOf(id[i] as string) * (18 - i);
  return (10 - (sum % 10)) % 10 === Number(id[17]);
}

export const isHetu = (id: string): boolean =>
  isMonthDay(two(id, 2), two(id, 0)) &&
  '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(id.slice(0, 6) + id.slice(-4, -1)) % 31] === id.at(-1);

export const isAhv = (id: string): boolean =>
  weighted(id, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0;

export function isTurkish(id: string): boolean {
  const odd = weighted(id, [1, 0, 1, 0, 1, 0, 1, 0, 1]);
  const even = weighted(id, [0, 1, 0, 1, 0, 1, 0, 1]);
  return (
    (odd * 7 - even + 100) % 10 === Number(id[9]) && (odd + even + Number(id[9])) % 10 === Number(id[10])
  );
}

/** Area, group and serial that were ever given out (SSA), and the ranges of the ITIN. */
export const isSsn = (id: string): boolean =>
  !/^(?:000|666|...00|.....0000)/.test(id) &&
  (id[0] !== '9' || /^9..(?:5\d|6[0-5]|[78]\d|9[0-24-9])/.test(id));
