/** Many texts looked for at once in many bytes: by the first eight bytes of each, in one pass. */
export class Needles {
  readonly #byHead = new Map<string, { name: string; bytes: string }[]>();
  /** Four bytes hashed to 20 bits: turns away nearly every position. */
  readonly #maybe = new Uint8Array(1 << 20);
  #count = 0;

  /** Every form in which bytes of the value could lie there. */
  add(name: string, value: string): void {
    for (const [form, text] of forms(value)) {
      const bytes = Buffer.from(text).toString('latin1');
      if (bytes.length < SHORTEST) continue;
      const head = bytes.slice(0, HEAD);
      this.#maybe[slot(Buffer.from(bytes, 'latin1'), 0)] = 1;
      this.#byHead.set(head, [...(this.#byHead.get(head) ?? []), { name: `${name} (${form})`, bytes }]);
      this.#count += 1;
    }
  }

  get size(): number {
    return this.#count;
  }

  /** Names of the needles that lie in the bytes. */
  in(haystack: Buffer): string[] {
    const found = new Set<string>();
    const text = haystack.toString('latin1');
    for (let i = 0; i + HEAD <= haystack.length; i++) {
      if (this.#maybe[slot(haystack, i)] === 0) continue;
      for (const needle of this.#byHead.get(text.slice(i, i + HEAD)) ?? [])
        if (text.startsWith(needle.bytes, i)) found.add(needle.name);
    }
    return [...found];
  }
}

const HEAD = 8;
/** Shorter ones would be met by chance. */
const SHORTEST = 9;

const slot = (bytes: Buffer, at: number): number => Math.imul(bytes.readUInt32LE(at), 0x9e3779b1) >>> 12;

/** A value as it is, escaped, and encoded at any offset inside something longer. */
function* forms(value: string): Generator<[string, string]> {
  yield ['plain', value];
  const inside = JSON.stringify(value).slice(1, -1);
  if (inside !== value) yield ['JSON', inside];
  const percent = encodeURIComponent(value);
  if (percent !== value) yield ['percent', percent];
  const digits = value.replace(/[ .()-]/g, '');
  if (digits !== value && /^\+?\d+$/.test(digits)) yield ['digits', digits];
  const hex = Buffer.from(value).toString('hex');
  yield ['hex', hex];
  yield ['HEX', hex.toUpperCase()];
  for (const offset of [0, 1, 2]) {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
    // Without the characters that depend on what stands around it.
    const text = bytes.toString('base64').replace(/=+$/, '');
    const own = text.slice(offset === 0 ? 0 : offset + 1, Math.floor((bytes.length * 8) / 6));
    yield [`base64+${offset}`, own];
    const url = own.replaceAll('+', '-').replaceAll('/', '_');
    if (url !== own) yield [`base64url+${offset}`, url];
  }
}
