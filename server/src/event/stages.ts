/**
 * The stages of one record's life. Each stage is a type of its own, made in one place only:
 * the receivers make {@link Received}, the guard {@link Guarded}, the journal {@link Journaled}, the ledger
 * {@link Sealed}. The brands make the compiler refuse a record that skipped a stage; the import rule test
 * makes sure that nobody else mints one.
 */
declare const guarded: unique symbol;
declare const journaled: unique symbol;
declare const sealed: unique symbol;

/** The name of a log: one per tenant and stream, `<tenant id>/<stream>`. */
export type LogName = `${string}/${string}`;

/** How a journal entry is sealed: a record by itself, or a block of records as one leaf. */
export type EntryKind = 'record' | 'block';

/** What the credential says about a sender; never what the sender says about itself. */
export interface Sender {
  readonly tenant: { readonly id: string; readonly slug: string; readonly packs: readonly string[] };
  /** Key or session id. */
  readonly credential: string;
}

/** Decoded, not yet looked at. `value` is null when the bytes of this one item could not be decoded. */
export interface Received {
  /** Position among the items of the request, for the reply. */
  readonly index: number;
  readonly value: unknown;
}

/** One journal entry that holds nothing personal. `payload` as in docs/formats/journal.md. */
export interface Guarded {
  readonly [guarded]: true;
  readonly kind: EntryKind;
  readonly log: LogName;
  readonly eventId: Uint8Array;
  /** Kind record: byte offset of the 64 hex digits of `prev_hash`. Kind block: number of records. */
  readonly patch: number;
  readonly payload: Uint8Array;
}

/** On disk. `position` and `next` are journal positions. */
export interface Journaled extends Omit<Guarded, typeof guarded> {
  readonly [journaled]: true;
  readonly position: number;
  readonly next: number;
}

/** In its tree. `bytes` are the leaf entry's bytes; `records` what is inside (itself, or the block's). */
export interface Sealed {
  readonly [sealed]: true;
  readonly log: LogName;
  readonly leaf: number;
  /** Leaf hash, 32 bytes. */
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
  readonly records: readonly Uint8Array[];
}

/** Where a record is in its log: its leaf, and its place in the leaf's block (0 where there is none). */
export interface RecordPlace {
  readonly leaf: number;
  readonly slot: number;
}

/** Splits a log name. Tenant ids and streams hold no slash. */
export function splitLog(log: LogName): { tenant: string; stream: string } {
  const at = log.indexOf('/');
  return { tenant: log.slice(0, at), stream: log.slice(at + 1) };
}
