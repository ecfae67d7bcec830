import { fromUtf8 } from '../hash/bytes.js';

export type FindingCode =
  | 'checkpoint_missing'
  | 'checkpoint_invalid'
  | 'key_unknown'
  | 'minimum_index_invalid'
  | 'quorum_not_met'
  | 'root_mismatch'
  | 'not_a_continuation'
  | 'fork'
  | 'entry_altered'
  | 'tile_altered'
  | 'tile_missing'
  | 'bundle_broken'
  | 'chain_broken'
  | 'block_altered'
  | 'file_altered'
  | 'file_added';

/**
 * Two signed heads of one log, of which one is not the beginning of the other. Whoever has the log's key can check
 * both signatures, and by `path` (RFC 9162 §2.1.4.2) that the published tree had `root` where the kept one had its
 * own: the log itself is not needed.
 */
export interface ForkEvidence {
  /** Signed notes. */
  readonly kept: string;
  readonly published: string;
  /** Base64: root of the published tree at the size of the kept one, and the hashes from it to the published root. */
  readonly root: string;
  readonly path: readonly string[];
}

/** One thing that does not hold, located as well as it can be. */
export interface Finding {
  readonly code: FindingCode;
  /** File, relative to the log. */
  readonly path: string;
  /** Leaf index of the first entry concerned. */
  readonly index?: number;
  readonly eventId?: string;
  readonly message: string;
  /** With `fork`. */
  readonly evidence?: ForkEvidence;
}

/** What says nothing against a log: somebody who could vouch for it has not. */
export const leavesOpen = ({ code }: Finding): boolean =>
  code === 'checkpoint_missing' || code === 'quorum_not_met' || code === 'key_unknown';

/** The event id in the bytes of an entry, also when they are damaged elsewhere. */
export function eventIdIn(entry: Uint8Array): string | undefined {
  const text = fromUtf8(entry) ?? Array.from(entry, (b) => String.fromCharCode(b)).join('');
  return /"event_id":"([0-9a-f-]{36})"/.exec(text)?.[1] ?? /"first":"([0-9a-f-]{36})"/.exec(text)?.[1];
}
