/**
 * The event ids of the recent past, for recognising a duplicate at the door: an open-addressing table of
 * 20-byte keys (tenant number + 16 id bytes), so that 4 M ids cost 160 MB at most and no garbage.
 * Two generations: when the younger is full it becomes the older, and the oldest ids are forgotten.
 */
const WORDS = 5;
const EMPTY = 0;
const REMOVED = 0xffffffff;

class Generation {
  readonly capacity: number;
  #slots: Uint32Array;
  #mask: number;
  #used = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    const slots = 1 << 12;
    this.#slots = new Uint32Array(slots * WORDS);
    this.#mask = slots - 1;
  }

  get full(): boolean {
    return this.#used >= this.capacity;
  }

  /** Slot of the key, or the complement (`~slot`) of where it would go. */
  #find(tenant: number, a: number, b: number, c: number, d: number): number {
    // The id's last words are random in a UUIDv7; the tenant keeps equal ids of two tenants apart.
    let slot = (Math.imul(c ^ tenant, 0x9e3779b1) ^ d) & this.#mask;
    let free = -1;
    for (;;) {
      const o = slot * WORDS;
      const owner = this.#slots[o];
      if (owner === EMPTY) return ~(free >= 0 ? free : slot);
      if (owner === REMOVED) {
        if (free < 0) free = slot;
      } else if (
        owner === tenant &&
        this.#slots[o + 1] === a &&
        this.#slots[o + 2] === b &&
        this.#slots[o + 3] === c &&
        this.#slots[o + 4] === d
      )
        return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  has(tenant: number, w: Words): boolean {
    return this.#find(tenant, w[0], w[1], w[2], w[3]) >= 0;
  }

  add(tenant: number, w: Words): void {
    if ((this.#used + 1) * 2 > this.#mask + 1) this.#grow();
    const found = this.#find(tenant, w[0], w[1], w[2], w[3]);
    if (found >= 0) return;
    const o = ~found * WORDS;
    // A reused slot was counted when it was first taken: removed slots still lengthen the probes.
    if (this.#slots[o] === EMPTY) this.#used += 1;
    this.#slots[o] = tenant;
    for (let i = 0; i < 4; i++) this.#slots[o + 1 + i] = w[i as 0 | 1 | 2 | 3];
  }

  remove(tenant: number, w: Words): void {
    const found = this.#find(tenant, w[0], w[1], w[2], w[3]);
    if (found >= 0) this.#slots[found * WORDS] = REMOVED;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#mask = this.#slots.length / WORDS - 1;
    this.#used = 0;
    for (let o = 0; o < old.length; o += WORDS) {
      const tenant = old[o] as number;
      if (tenant === EMPTY || tenant === REMOVED) continue;
      this.add(tenant, [
        old[o + 1] as number,
        old[o + 2] as number,
        old[o + 3] as number,
        old[o + 4] as number,
      ]);
    }
  }
}

type Words = readonly [number, number, number, number];

function words(id: Uint8Array): Words {
  const view = new DataView(id.buffer, id.byteOffset, 16);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}

/** At least `window` and at most twice as many of the latest ids are known. */
export class SeenIds {
  readonly #window: number;
  readonly #tenants = new Map<string, number>();
  #young: Generation;
  #old: Generation;

  constructor(window = 2_000_000) {
    this.#window = window;
    this.#young = new Generation(window);
    this.#old = new Generation(window);
  }

  #tenant(id: string): number {
    let n = this.#tenants.get(id);
    if (n === undefined) {
      n = this.#tenants.size + 1;
      this.#tenants.set(id, n);
    }
    return n;
  }

  /** Remembers the id; false when it was known already. */
  add(tenant: string, id: Uint8Array): boolean {
    const t = this.#tenant(tenant);
    const w = words(id);
    if (this.#young.has(t, w) || this.#old.has(t, w)) return false;
    if (this.#young.full) {
      this.#old = this.#young;
      this.#young = new Generation(this.#window);
    }
    this.#young.add(t, w);
    return true;
  }

  /** Takes back an id whose record could not be written. */
  forget(tenant: string, id: Uint8Array): void {
    const t = this.#tenant(tenant);
    const w = words(id);
    this.#young.remove(t, w);
    this.#old.remove(t, w);
  }
}
