type ParamType = 'String' | 'Array(String)' | 'Int64' | 'Float64' | 'UInt32';

/** Collects the values of a statement; the text gets `{pN:Type}` in their place. */
export class Params {
  readonly values: Record<string, unknown> = {};
  #count = 0;

  bind(type: ParamType, value: string | number | readonly string[]): string {
    const name = `p${this.#count++}`;
    this.values[name] = value;
    return `{${name}:${type}}`;
  }
}
