import { type Planted, TYPES } from '../../src/bench/detection/measure.js';
import { Random } from '../../src/bench/detection/random.js';
import { DISGUISES } from '../../src/bench/detection/templates.js';

export interface Value extends Planted {
  readonly name: string;
}

const SHORTEST = 10;

/** So many values of all types, none twice; every third in some disguise, where its type keeps its meaning in one. */
export function values(count: number, seed: number): Value[] {
  const r = new Random(seed);
  const hide = Object.entries(DISGUISES);
  const known = new Set<string>();
  const out: Value[] = [];
  for (let i = 0; out.length < count; i++) {
    const type = TYPES[i % TYPES.length] as (typeof TYPES)[number];
    const { text, secret } = type.plant(r);
    if (secret.length < SHORTEST || known.has(secret)) continue;
    known.add(secret);
    const [disguise, write] = r.of(hide);
    const hidden = type.disguised && i % 3 === 0;
    out.push({
      name: `${type.name} ${out.length}${hidden ? `, ${disguise}` : ''}`,
      text: hidden ? write(text) : text,
      secret,
    });
  }
  return out;
}

/** A value that was not yet used as long as there is one that fits, as a line of text. */
export class Supply {
  readonly all: readonly Value[];
  #fresh: Value[];

  constructor(all: readonly Value[]) {
    this.all = all;
    this.#fresh = [...all];
  }

  get left(): number {
    return this.#fresh.length;
  }

  next(most = Number.POSITIVE_INFINITY): string {
    const fits = (value: Value): boolean => value.text.length + AROUND <= most;
    const at = this.#fresh.findIndex(fits);
    const value = at < 0 ? this.all.find(fits) : this.#fresh.splice(at, 1)[0];
    if (value === undefined) throw new Error('no value is short enough');
    return `seen ${value.text} there`;
  }
}

const AROUND = 'seen  there'.length;
