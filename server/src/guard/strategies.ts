import type { Purpose } from '../event/purposes.js';
import type { Strategy } from '../pack/model.js';
import { Refused } from './event/refusal.js';
import { truncateIp } from './reduce.js';
import type { Remarks } from './remarks.js';
import { scrubValue } from './values.js';

/** What a strategy needs of the world: the person concerned, and the vault. */
export interface Person {
  pseudonym(id: string): string;
  digest(text: string): string;
  /** Seals a value for whoever acted, or whom this pseudonym names; null when there is nobody. */
  seal(subject: string | null, value: unknown, path: string): string | null;
  consents(purpose: Purpose): boolean;
}

/**
 * What is kept of a valid value that is not null: docs/formats/pack.md, `privacy`.
 * @param named the value of another field: the person whom a value is sealed for
 * @returns undefined where nothing is kept
 * @throws Refused for an address that is none
 */
export function applyStrategy(
  strategy: Strategy,
  value: unknown,
  path: string,
  { person, remarks, named }: { person: Person; remarks: Remarks; named: (field: string) => unknown },
): unknown {
  switch (strategy.kind) {
    case 'keep':
    case 'scrub':
      // `keep` is a promise about ids and numbers, so it is held to: what a detector finds goes there too.
      return scrubValue(value, path, remarks);
    case 'drop':
      remarks.add('drop', path);
      return undefined;
    case 'tokenise':
      remarks.add('pseudonym', path);
      return person.pseudonym(String(value));
    case 'hash':
      remarks.add('hash', path);
      return person.digest(String(value));
    case 'mask':
      remarks.add('mask', path);
      return remarks.scrub(masked(String(value), strategy.last), path);
    case 'bucket':
      remarks.add('bucket', path);
      return rangeOf(Number(value), strategy.bounds);
    case 'truncate': {
      const network = truncateIp(String(value));
      if (network === null) throw new Refused('bad_format', path, `${path} must be an IPv4 or IPv6 address.`);
      remarks.add('truncate_ip', path);
      return network;
    }
    case 'encrypt': {
      const sealed = sealedFor(strategy.subject, value, path, person, named);
      // Where there is nobody to seal it for, it is scrubbed like any text.
      if (sealed === null) return scrubValue(value, path, remarks);
      remarks.add('sealed', path);
      return sealed;
    }
  }
}

function sealedFor(
  field: string | null,
  value: unknown,
  path: string,
  person: Person,
  named: (field: string) => unknown,
): string | null {
  if (field === null) return person.seal(null, value, path);
  const id = named(field);
  return id === undefined || id === null ? null : person.seal(person.pseudonym(String(id)), value, path);
}

/** A text no longer than what may be shown is hidden wholly. */
export function masked(text: string, last: number): string {
  const characters = [...text];
  const shown = characters.length > last ? characters.slice(characters.length - last) : [];
  return '*'.repeat(characters.length - shown.length) + shown.join('');
}

/** `<a`, `a-b`, …, `>=z`: the lower bound belongs to a range, the upper to the next. */
export function rangeOf(value: number, bounds: readonly number[]): string {
  const above = bounds.findIndex((bound) => value < bound);
  if (above === 0) return `<${bounds[0]}`;
  return above < 0 ? `>=${bounds.at(-1)}` : `${bounds[above - 1]}-${bounds[above]}`;
}
