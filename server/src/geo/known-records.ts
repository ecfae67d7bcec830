import { countryIn } from './record.js';

const MOST = 1 << 18;

/** A decoded value, as the reader puts it into its cache. */
interface Decoded {
  readonly value: unknown;
}

/**
 * The reader's cache, by the place of a record in the file. Decoding one takes many times as long as finding it (that of a
 * city has names in eight languages), so its country is kept, and nothing else of it.
 */
export class KnownRecords {
  readonly #countries = new Map<string | number, Decoded>();

  get(place: string | number): Decoded | undefined {
    return this.#countries.get(place);
  }

  set(place: string | number, { value }: Decoded): void {
    const country = countryIn(value);
    // Parts of records come by here as well: they have no country.
    if (country === null) return;
    if (this.#countries.size >= MOST) this.#countries.clear();
    this.#countries.set(place, { value: { country_code: country } });
  }
}
