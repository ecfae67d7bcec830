type Members = { readonly [key: string]: unknown };

const ALPHA_2 = /^[A-Z]{2}$/;

const members = (value: unknown): Members =>
  typeof value === 'object' && value !== null ? (value as Members) : {};

/**
 * The ISO 3166-1 alpha-2 code in a record of the databases that are about: `country.iso_code` (GeoLite2, GeoIP2, DB-IP),
 * `country_code` (IPinfo Lite, flat ones) or `country` (IPinfo). Null where there is none.
 */
export function countryIn(record: unknown): string | null {
  const { country, country_code } = members(record);
  const found = [members(country).iso_code, country_code, country].find(
    (code) => typeof code === 'string' && ALPHA_2.test(code),
  );
  return typeof found === 'string' ? found : null;
}
