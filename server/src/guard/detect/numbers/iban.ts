import type { Finding } from '../finding.js';

/** Countries by the length of their IBANs (ISO 13616 registry, and those that issue IBANs without it). */
const COUNTRIES: Readonly<Record<number, string>> = {
  15: 'NO',
  16: 'BE',
  18: 'DK FI FK FO GL NL SD',
  19: 'MK SI',
  20: 'AT BA EE KZ LT LU MN XK',
  21: 'CH HR LI LV',
  22: 'BG BH CR DE GB GE IE ME RS VA',
  23: 'AE GI IL IQ OM SO TL',
  24: 'AD CZ ES MD PK RO SA SE SK TN VG',
  25: 'LY PT ST',
  26: 'IS TR',
  27: 'BI DJ FR GR IT MC MR SM',
  28: 'AL AZ BY CY DO GT HU LB NI PL SV',
  29: 'BR EG PS QA UA',
  30: 'JO KW MU YE',
  31: 'MT SC',
  32: 'LC',
  33: 'RU',
};
const LENGTH = new Map(
  Object.entries(COUNTRIES).flatMap(([length, names]) =>
    names.split(' ').map((name) => [name, Number(length)] as const),
  ),
);

/** Countries whose account part has digits only: without this every hundred-thousandth UUID would pass. */
const DIGITS_ONLY = new Set(
  'AE AT BA BE CR CZ DE DK EE ES FI HR HU IL LT ME NO PL PT RS SE SI SK TN VA XK'.split(' '),
);

/** Length for the country and ISO 7064 mod 97-10. `text` without spaces, upper case. */
export function isIban(text: string): boolean {
  const country = text.slice(0, 2);
  if (LENGTH.get(country) !== text.length || !/^[A-Z]{2}\d\d[A-Z0-9]*$/.test(text)) return false;
  if (DIGITS_ONLY.has(country) && !/^\d+$/.test(text.slice(4))) return false;
  if (country === 'AD' && !/^\d{8}/.test(text.slice(4))) return false;
  let rest = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt((i + 4) % text.length);
    rest = (c > 57 ? rest * 100 + c - 55 : rest * 10 + c - 48) % 97;
  }
  return rest === 1;
}

/** Country, check digits and account, in groups or not; the length its country gives it ends it. */
export const IBAN = /[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}/y;

/** The IBAN that begins at a place. It may be followed by words. */
export function ibanAt(text: string, at: number): Finding | null {
  const length = LENGTH.get(text.slice(at, at + 2).toUpperCase());
  if (length === undefined) return null;
  IBAN.lastIndex = at;
  const match = IBAN.exec(text)?.[0];
  if (match === undefined) return null;
  let letters = '';
  let end = at;
  for (; letters.length < length && end < at + match.length; end++) {
    const c = text[end] as string;
    if (c !== ' ' && c !== '-') letters += c;
  }
  if (/[A-Za-z0-9]/.test(text[end] ?? '') || !isIban(letters.toUpperCase())) return null;
  return { rule: 'iban', start: at, end };
}
