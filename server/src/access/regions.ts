import { Failure } from '../base/errors.js';

export const REGION = /^[a-z0-9-]{1,32}$/;

/** A region that is not served here. `address` is where it is, if the settings say so. */
export class WrongRegion extends Failure {
  readonly address: string | undefined;

  constructor(served: readonly string[], address: string | undefined, field: string) {
    const where = address === undefined ? '' : ` The wanted one is at ${address}.`;
    super('wrong_region', `Served here: ${served.join(', ')}.${where}`, { field });
    this.address = address;
  }
}

/** The regions whose tenants this server keeps (docs/decisions/0010-regions.md). */
export class Regions {
  /** Empty: any. */
  readonly #served: readonly string[];
  readonly #addresses: ReadonlyMap<string, string>;

  private constructor(served: readonly string[], addresses: ReadonlyMap<string, string>) {
    this.#served = served;
    this.#addresses = addresses;
  }

  /** From the settings `regions` and `region_addresses`. @throws Failure `bad_setting`. */
  static parse(regions: string, addresses: string): Regions {
    const served = listed(regions);
    if (!served.every((region) => REGION.test(region)))
      throw new Failure(
        'bad_setting',
        'regions must be names such as eu,us: lower-case letters, digits and hyphens.',
      );
    return new Regions(served, new Map(listed(addresses).map(parseAddress)));
  }

  /** That of tenants that name none. */
  get default(): string {
    return this.#served[0] ?? 'default';
  }

  serves(region: string): boolean {
    return this.#served.length === 0 || this.#served.includes(region);
  }

  /** @param field where the region is named @throws WrongRegion */
  check(region: string, field = ''): void {
    if (!this.serves(region)) throw new WrongRegion(this.#served, this.#addresses.get(region), field);
  }
}

const listed = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

function parseAddress(item: string): [string, string] {
  const [, region = '', address = ''] = /^([^=]*)=(https?:\/\/[^\s/@]+\/?)$/.exec(item) ?? [];
  if (!REGION.test(region))
    throw new Failure(
      'bad_setting',
      'region_addresses must look like us=https://us.example.com,ap=https://ap.example.com.',
    );
  return [region, address];
}
