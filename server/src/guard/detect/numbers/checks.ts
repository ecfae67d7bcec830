/** Check digits. All take a text without separators. */

const digit = (text: string, i: number): number => text.charCodeAt(i) - 48;

/** Luhn's check (ISO/IEC 7812-1). */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = digits.length - 1, second = false; i >= 0; i--, second = !second) {
    const d = digit(digits, i);
    sum += !second ? d : d > 4 ? d * 2 - 9 : d * 2;
  }
  return sum % 10 === 0;
}

/** Sum of digits times weights, over as many as there are weights. */
export function weighted(digits: string, weights: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += digit(digits, i) * (weights[i] as number);
  return sum;
}

/** ISO 7064 mod 11,10. */
export function mod1110(digits: string): boolean {
  let product = 10;
  for (let i = 0; i < digits.length - 1; i++) {
    const sum = (digit(digits, i) + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === digit(digits, digits.length - 1);
}

/** Remainder of a decimal text of any length. */
export function modOf(digits: string, by: number): number {
  let rest = 0;
  for (let i = 0; i < digits.length; i++) rest = (rest * 10 + digit(digits, i)) % by;
  return rest;
}

const TIMES = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const PERMUTED = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];

/** Verhoeff's check over the dihedral group of order ten. */
export function verhoeff(digits: string): boolean {
  let check = 0;
  for (let i = 0; i < digits.length; i++) {
    const d = digit(digits, digits.length - 1 - i);
    const permuted = digit(PERMUTED[i % 8] as string, d);
    check = digit(TIMES[check] as string, permuted);
  }
  return check === 0;
}

const DAYS = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether month and day can be one of a calendar. */
export const isMonthDay = (month: number, day: number): boolean => day >= 1 && day <= (DAYS[month] ?? 0);
