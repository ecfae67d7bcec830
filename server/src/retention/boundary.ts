import { parseRfc3339 } from '../base/clock.js';
import type { Sealed } from '../event/stages.js';
import { addPeriod, type Period } from '../pack/retention.js';

/** Why nothing more expires: the next record is not old enough, is held, or there is none. */
export type Stop = 'age' | 'hold' | 'end';

export interface Terms {
  readonly keep: Period;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Pseudonyms under legal hold. */
  readonly held: ReadonlySet<string>;
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
      const stop = stopAt(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(), terms);
      if (stop !== null) return { index, stop };
    }
    index = leaf + 1;
  }
  return { index, stop: 'end' };
}

function stopAt(record: string, { keep, now, held }: Terms): Stop | null {
  const { recorded_at } = JSON.parse(record) as { recorded_at?: unknown };
  const at = typeof recorded_at === 'string' ? parseRfc3339(recorded_at) : null;
  if (at === null || addPeriod(at.ms, keep) >= now) return 'age';
  return held.size > 0 && record.match(PSEUDONYM)?.some((id) => held.has(id)) ? 'hold' : null;
}
