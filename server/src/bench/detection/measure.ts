import { unescaped } from '../../guard/detect/hidden/escapes.js';
import { detect, type Finding, scrub } from '../../guard/detect/index.js';
import { NEGATIVES } from './negatives.js';
import { card, email, iban, ipv4, ipv6, type Make, NATIONAL_RULES, nationalId, phone } from './people.js';
import type { Random } from './random.js';
import { assignment, bearer, cloudKey, jwt, privateKey, urlCredentials } from './secrets.js';
import { DISGUISES, shape } from './templates.js';

/** A text to plant, and the part of it that must not stay. */
export interface Planted {
  readonly text: string;
  readonly secret: string;
}
export interface Type {
  readonly name: string;
  readonly plant: (r: Random) => Planted;
  /** Whether it keeps its meaning in every disguise: names around a secret do not. */
  readonly disguised: boolean;
}

const whole = (name: string, make: Make, disguised = true): Type => ({
  name,
  disguised,
  plant: (r) => {
    const text = make(r);
    return { text, secret: text };
  },
});

export const TYPES: readonly Type[] = [
  whole('e-mail', email),
  whole('phone', phone),
  whole('card', card),
  whole('IBAN', iban),
  ...NATIONAL_RULES.map((rule) => whole(rule, nationalId(rule))),
  whole('IPv4', ipv4),
  whole('IPv6', ipv6),
  whole('JWT', jwt),
  whole('cloud and API keys', cloudKey),
  whole('private key', privateKey, false),
  { name: 'URL credentials', plant: urlCredentials, disguised: false },
  { name: 'secret assignment', plant: assignment, disguised: false },
  { name: 'bearer and basic', plant: bearer, disguised: false },
];

/** Hits of so many tries. */
export interface Rate {
  hits: number;
  of: number;
}
const rate = (): Rate => ({ hits: 0, of: 0 });

export interface Measured {
  readonly recall: Rate;
  /** Findings on planted values, of all findings. */
  readonly precision: Rate;
}

const covers = (f: Finding, start: number, end: number): boolean => f.start <= start && f.end >= end;
const touches = (f: Finding, start: number, end: number): boolean => f.start < end && f.end > start;

/** One type over all templates of a list, `each` values in every one. */
export function measureType(type: Type, templates: readonly string[], each: number, r: Random): Measured {
  const measured = { recall: rate(), precision: rate() };
  for (const template of templates)
    for (let i = 0; i < each; i++) {
      const { text, secret } = type.plant(r);
      const { before, behind } = shape(template, r);
      const start = before.length + text.indexOf(secret);
      score(detect(before + text + behind), { start, end: start + secret.length }, before.length, measured);
    }
  return measured;
}

function score(
  found: readonly Finding[],
  { start, end }: { start: number; end: number },
  planted: number,
  { recall, precision }: Measured,
): void {
  recall.of += 1;
  if (found.some((f) => covers(f, start, end))) recall.hits += 1;
  for (const f of found) {
    precision.of += 1;
    if (touches(f, Math.min(planted, start), end)) precision.hits += 1;
  }
}

/** Structured values in disguise: kept back when what is left does not show the value, however it is unescaped. */
export function measureDisguise(name: string, templates: readonly string[], each: number, r: Random): Rate {
  const disguise = DISGUISES[name] as (text: string) => string;
  const recall = rate();
  for (const type of TYPES.filter((t) => t.disguised))
    for (const template of templates)
      for (let i = 0; i < each; i++) {
        const { text } = type.plant(r);
        const { before, behind } = shape(template, r);
        const clean = scrub(before + disguise(text) + behind)?.text ?? '';
        recall.of += 1;
        if (clean !== '' && !clean.includes(disguise(text)) && !shown(clean).includes(text)) recall.hits += 1;
      }
  return recall;
}

/** With all escapes taken literally. */
function shown(text: string): string {
  const plain = unescaped(text);
  return plain === null || plain.text === text ? text : shown(plain.text);
}

/** How often something is found where there is nothing. */
export function measureNegative(name: string, templates: readonly string[], each: number, r: Random): Rate {
  const make = NEGATIVES[name] as Make;
  const alarms = rate();
  for (const template of templates)
    for (let i = 0; i < each; i++) {
      const { before, behind } = shape(template, r);
      const text = make(r);
      alarms.of += 1;
      if (detect(before + text + behind).some((f) => touches(f, before.length, before.length + text.length)))
        alarms.hits += 1;
    }
  return alarms;
}

/** 95 % interval of a rate (Wilson 1927). */
export function wilson({ hits, of }: Rate): [number, number] {
  if (of === 0) return [0, 1];
  const z = 1.959964;
  const p = hits / of;
  const centre = p + (z * z) / (2 * of);
  const spread = z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of));
  const whole = 1 + (z * z) / of;
  return [Math.max(0, (centre - spread) / whole), Math.min(1, (centre + spread) / whole)];
}
