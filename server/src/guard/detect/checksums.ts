/** Luhn's check over the digits of a text, whatever stands between them (ISO/IEC 7812-1). */
export function luhn(text: string): boolean {
  let sum = 0;
  let second = false;
  for (let i = text.length - 1; i >= 0; i--) {
    const d = text.charCodeAt(i) - 48;
    if (d < 0 || d > 9) continue;
    sum += !second ? d : d > 4 ? d * 2 - 9 : d * 2;
    second = !second;
  }
  return sum % 10 === 0;
}

const ISSUERS =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[0-9]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11,16}|35\d{14,17}|6\d{11,18})$/;

/** Luhn, and issuer ranges in use with their lengths; spares most order numbers that pass Luhn. */
export function isCardNumber(text: string): boolean {
  if (!luhn(text)) return false;
  const digits = text.replace(/\D/g, '');
  return ISSUERS.test(digits) && !/^(\d)\1+$/.test(digits);
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

/** 0 for a country that issues none. */
export const ibanLength = (country: string): number => IBAN_LENGTH[country] ?? 0;

/** Length for the country and ISO 7064 mod 97-10. `text` without spaces, upper case. */
export function isIban(text: string): boolean {
  const country = text.slice(0, 2);
  if (IBAN_LENGTH[country] !== text.length) return false;
  if (DIGITS_ONLY.has(country) && !/^\d+$/.test(text.slice(4))) return false;
  if (country === 'AD' && !/^\d{8}/.test(text.slice(4))) return false;
  let rest = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt((i + 4) % text.length);
    rest = (c > 57 ? rest * 100 + c - 55 : rest * 10 + c - 48) % 97;
  }
  return rest === 1;
}
