import { createHmac, randomBytes } from 'node:crypto';
import type { Rejection } from '../base/errors.js';
import type { Guarded, Received, Sender } from '../event/stages.js';
import type { Pack } from '../pack/model.js';
import { seal, subjectKey } from '../vault/seal.js';
import type { Countries } from './countries.js';
import { Guard, isGuarded } from './index.js';
import { fromPlainLog } from './log/plain.js';
import type { Secrets } from './people.js';

type Json = { readonly [key: string]: unknown };

/** What becomes of one value. */
export interface Fate {
  /** Its place in the record. */
  readonly path: string;
  /** Rules that changed it; none: it is kept as it is. */
  readonly rules: readonly string[];
  /** What would be kept; undefined: nothing. */
  readonly kept: unknown;
}

export type Rehearsed =
  | {
      readonly index: number;
      readonly accepted: true;
      readonly record: Json;
      readonly fates: readonly Fate[];
    }
  | { readonly index: number; readonly accepted: false; readonly rejection: Rejection };

/** What could not even be decoded is refused too. */
export const refused = (index: number, rejection: Rejection): Rehearsed => ({
  index,
  accepted: false,
  rejection,
});

/**
 * The guard as it is, with nothing behind it: nothing is kept, no pseudonym is made that would be used again, and
 * nobody has agreed to anything.
 */
export class Rehearsal {
  readonly #guard: Guard;

  constructor(packs: Iterable<Pack>, countries?: Countries) {
    this.#guard = new Guard(packs, new Scratch(), { granted: () => false }, countries);
  }

  hasSource(name: string, packs: readonly string[]): boolean {
    return this.#guard.hasSource(name, packs);
  }

  event({ index, value }: Received, sender: Sender, now: number, source?: string): Rehearsed {
    const result = this.#guard.event(value, sender, now, source);
    return isGuarded(result) ? accepted(index, result.payload) : refused(index, result);
  }

  /** A log record as {@link PlainLog}. */
  log({ index, value }: Received, sender: Sender, now: number): Rehearsed {
    const input = fromPlainLog(value, now);
    if (input === null)
      return refused(index, {
        code: 'not_an_object',
        field: '(item)',
        message: 'The item must be a log record.',
      });
    const { blocks, rejected } = this.#guard.logs([input], sender, now);
    const [rejection] = rejected;
    // A block of one record: its length, then itself.
    return rejection === undefined
      ? accepted(index, (blocks[0] as Guarded).payload.subarray(4))
      : refused(index, rejection);
  }
}

function accepted(index: number, bytes: Uint8Array): Rehearsed {
  const { integrity: _, guard, ...record } = JSON.parse(Buffer.from(bytes).toString()) as Json;
  return { index, accepted: true, record, fates: fatesOf(record, remarksOf(guard)) };
}

function remarksOf(guard: unknown): Map<string, string[]> {
  const { remarks = [] } = (guard ?? {}) as { remarks?: { path: string; rule: string }[] };
  const byPath = new Map<string, string[]>();
  for (const { path, rule } of remarks) byPath.set(path, [...(byPath.get(path) ?? []), rule]);
  return byPath;
}

/** What the platform writes itself. */
const OWN = new Set(['event_version', 'recorded_at', 'stream', 'tenant']);

/** Every value of the record with its remarks, and remarks about what is not there any more. */
function fatesOf(record: Json, remarks: Map<string, string[]>): Fate[] {
  const fates: Fate[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !remarks.has(path)) {
      for (const [key, member] of Object.entries(value)) visit(member, path === '' ? key : `${path}.${key}`);
      return;
    }
    if (OWN.has(path.split('.')[0] ?? '') || path === 'metadata.safe_fields_only') return;
    // Log fields stand under `data` in the record, and by their own names in remarks.
    const name = remarks.has(path) ? path : path.replace(/^data\./, '');
    fates.push({ path, rules: remarks.get(name) ?? [], kept: value });
    remarks.delete(name);
  };
  visit(record, '');
  for (const [path, rules] of remarks) fates.push({ path, rules, kept: undefined });
  return fates;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Secrets of the moment: they hold within one rehearsal and open nothing. */
class Scratch implements Secrets {
  readonly #key = randomBytes(32);

  pseudonym(tenant: string, subject: string): string {
    const digest = createHmac('sha256', this.#key).update(`${tenant}/${subject}`).digest();
    return `sub_${[...digest.subarray(0, 26)].map((byte) => ALPHABET[byte & 31]).join('')}`;
  }

  digest(tenant: string, text: string): string {
    return createHmac('sha256', this.#key).update(`${tenant}\n${text}`).digest('hex').slice(0, 32);
  }

  seal(place: Parameters<Secrets['seal']>[0], text: string): string {
    return seal(subjectKey(this.#key), place, text);
  }
}
