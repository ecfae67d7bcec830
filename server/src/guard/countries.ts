/** What the guard asks of the geographical database. */
export interface Countries {
  /** ISO 3166-1 alpha-2 code of the country that a valid IPv4 or IPv6 address lies in; null where nobody knows. */
  of(address: string): string | null;
}

/** Where there is no such database. */
export const NO_COUNTRIES: Countries = { of: () => null };
