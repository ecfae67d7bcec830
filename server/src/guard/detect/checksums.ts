/** Luhn's check over a text of digits (ISO/IEC 7812-1). */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    let d = digits.charCodeAt(digits.length - 1 - i) - 48;
    if (i % 2 === 1) d = d > 4 ? d * 2 - 9 : d * 2;
    sum += d;
  }
  return sum % 10 === 0;
}

/** Issuer ranges in use: 2–6 and the lengths that go with them; spares most order numbers that pass Luhn. */
export function isCardNumber(digits: string): boolean {
  const known =
    /^(?:4\d{12}(?:\d{3}){0,2}|5[0-9]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11,16}|35\d{14,17}|6\d{11,18})$/;
  return known.test(digits) && luhn(digits) && !/^(\d)\1+$/.test(digits);
}

/** Lengths by country (ISO 13616 registry, the countries that issue IBANs). */
const IBAN_LENGTH: Readonly<Record<string, number>> = Object.freeze({
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BI: 27,
  BR: 29,
  BY: 28,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DJ: 27,
  DK: 18,
  DO: 28,
  EE: 20,
  EG: 29,
  ES: 24,
  FI: 18,
  FK: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IQ: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LC: 32,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  LY: 25,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MN: 20,
  MR: 27,
  MT: 31,
  MU: 30,
  NI: 28,
  NL: 18,
  NO: 15,
  OM: 23,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  RU: 33,
  SA: 24,
  SC: 31,
  SD: 18,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  SO: 23,
  ST: 25,
  SV: 28,
  TL: 23,
  TN: 24,
  TR: 26,
  UA: 29,
  VA: 22,
  VG: 24,
  XK: 20,
  YE: 30,
});

/** Countries whose account part has digits only: without this every hundred-thousandth UUID would pass. */
const DIGITS_ONLY = new Set(
  'AE AT BA BE CR CZ DE DK EE ES FI HR HU IL LT ME NO PL PT RS SE SI SK TN VA XK'.split(' '),
);

/** Length for the country and ISO 7064 mod 97-10. `text` without spaces, upper case. */
export function isIban(text: string): boolean {
  const country = text.slice(0, 2);
  if (IBAN_LENGTH[country] !== text.length) return false;
  if (DIGITS_ONLY.has(country) && !/^\d+$/.test(text.slice(4))) return false;
  if (country === 'AD' && !/^\d{8}/.test(text.slice(4))) return false;
  let rest = 0;
  for (const c of text.slice(4) + text.slice(0, 4)) {
    const v = Number.parseInt(c, 36);
    rest = (v > 9 ? rest * 100 + v : rest * 10 + v) % 97;
  }
  return rest === 1;
}
