import { erasedSubject } from '@prooflog/proof';
import { parseRfc3339 } from '../base/clock.js';
import type { Sealed } from '../event/stages.js';
import { addPeriod, type Period } from '../pack/retention.js';

/** Why nothing more expires: the next record is not old enough, is held or is evidence, or there is none. */
export type Stop = 'age' | 'hold' | 'evidence' | 'end';

export interface Terms {
  readonly keep: Period;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Pseudonyms under legal hold. */
  readonly held: ReadonlySet<string>;
  /**
   * When the oldest record was made that an erasure may still have to speak for. The record of a later erasure is kept:
   * without it the verifier would call erased what it then calls verified.
   */
  readonly oldest: number;
}

const PSEUDONYM = /sub_[a-z2-7]{26}/g;

/**
 * How far the entries may expire: up to the first with a record that is not old enough or mentions somebody under
 * hold, wherever in the record. A record whose time cannot be read is kept.
 * @param entries of one log, in its order, from `from` on.
 */
export async function boundary(
  entries: AsyncIterable<Sealed>,
  from: number,
  terms: Terms,
): Promise<{ index: number; stop: Stop }> {
  let index = from;
  for await (const { leaf, records } of entries) {
    for (const bytes of records) {
      const stop = stopAt(textOf(bytes), terms);
      if (stop !== null) return { index, stop };
    }
    index = leaf + 1;
  }
  return { index, stop: 'end' };
}

export const textOf = (record: Uint8Array): string =>
  Buffer.from(record.buffer, record.byteOffset, record.length).toString();

function stopAt(record: string, { keep, now, held, oldest }: Terms): Stop | null {
  const at = recordedAt(record);
  if (at === null || addPeriod(at, keep) >= now) return 'age';
  if (at >= oldest && erasedSubject(JSON.parse(record) as object) !== null) return 'evidence';
  return held.size > 0 && record.match(PSEUDONYM)?.some((id) => held.has(id)) ? 'hold' : null;
}

/** Milliseconds since 1970; null when it cannot be read. */
export function recordedAt(record: string): number | null {
  const { recorded_at } = JSON.parse(record) as { recorded_at?: unknown };
  return typeof recorded_at === 'string' ? (parseRfc3339(recorded_at)?.ms ?? null) : null;
}
