import type { Clock } from './base/clock.js';
import type { Rejection } from './base/errors.js';
import { formatUuid } from './base/uuid.js';
import type { LogInput } from './event/log-input.js';
import type { Guarded, Received, Sender } from './event/stages.js';
import { type Guard, isGuarded } from './guard/index.js';
import type { Journal } from './journal/journal.js';
import type { Vault } from './vault/vault.js';

/** What became of a request's items. Every item is in exactly one of the three counts. */
export interface Outcome {
  accepted: number;
  duplicates: number;
  rejected: (Rejection & { index: number })[];
  /** Ids of accepted and duplicate items, in order. */
  eventIds: string[];
  /** Journal position after the last accepted item: sealed once the sealer has passed it. */
  position: number;
}

interface Slice {
  readonly entries: readonly Guarded[];
  readonly written: Promise<void>;
}

const SLICE = 256;
const turn = (): Promise<void> => new Promise(setImmediate);

/**
 * The way of one record: receive → guard → vault → journal → acknowledgement. Whatever follows the journal
 * (ledger, store) reads it from there. Throws a Failure when nothing was kept; then the sender may
 * retry the whole request.
 */
export class Pipeline {
  readonly #guard: Guard;
  readonly #vault: Vault;
  readonly #journal: Journal;
  readonly #clock: Clock;

  constructor(guard: Guard, vault: Vault, journal: Journal, clock: Clock) {
    this.#guard = guard;
    this.#vault = vault;
    this.#journal = journal;
    this.#clock = clock;
  }

  /** Events of the events API. `refused` are items the receiver could not even decode. */
  async events(
    items: readonly Received[],
    refused: Outcome['rejected'],
    sender: Sender,
    source?: string,
  ): Promise<Outcome> {
    const outcome: Outcome = {
      accepted: 0,
      duplicates: 0,
      rejected: [...refused],
      eventIds: [],
      position: 0,
    };
    const slices: Slice[] = [];
    try {
      for (let i = 0; i < items.length; i += SLICE) {
        const slice = this.#slice(items.slice(i, i + SLICE), sender, source, outcome);
        if (slice !== null) slices.push(slice);
        if (i + SLICE < items.length) await turn();
      }
      // A duplicate may be of a record that is still on its way to the disk, of this or another request.
      if (outcome.duplicates > 0) await this.#journal.barrier();
      await Promise.all(slices.map((slice) => slice.written));
    } catch (error) {
      await this.#forgetUnwritten(slices, sender.tenant.id);
      throw error;
    }
    outcome.position = this.#journal.durable;
    outcome.rejected.sort((a, b) => a.index - b.index);
    return outcome;
  }

  /**
   * Guards one slice, puts its new pseudonyms on disk and appends it, all without giving up the thread: an id is
   * known as seen only when its record is in the journal's queue, where a duplicate can wait for it.
   */
  #slice(
    items: readonly Received[],
    sender: Sender,
    source: string | undefined,
    outcome: Outcome,
  ): Slice | null {
    const now = this.#clock();
    const entries: Guarded[] = [];
    for (const item of items) {
      const result = this.#guard.event(item.value, sender, now, source);
      if (!isGuarded(result)) outcome.rejected.push({ index: item.index, ...result });
      else {
        outcome.eventIds.push(formatUuid(result.eventId));
        if (this.#journal.seen.add(sender.tenant.id, result.eventId)) entries.push(result);
        else outcome.duplicates += 1;
      }
    }
    if (entries.length === 0) return null;
    try {
      this.#vault.flush();
    } catch (error) {
      for (const entry of entries) this.#journal.seen.forget(sender.tenant.id, entry.eventId);
      throw error;
    }
    const written = this.#journal.append(entries);
    written.catch(() => undefined);
    outcome.accepted += entries.length;
    return { entries, written };
  }

  /** Ids whose write failed are new again; those of slices that reached the disk stay known. */
  async #forgetUnwritten(slices: readonly Slice[], tenant: string): Promise<void> {
    const results = await Promise.allSettled(slices.map((slice) => slice.written));
    for (const [i, result] of results.entries())
      if (result.status === 'rejected')
        for (const entry of slices[i]?.entries ?? []) this.#journal.seen.forget(tenant, entry.eventId);
  }

  /** Log records of one request; sealed in blocks. */
  async logs(inputs: readonly LogInput[], sender: Sender): Promise<Outcome> {
    const outcome: Outcome = { accepted: 0, duplicates: 0, rejected: [], eventIds: [], position: 0 };
    const writes: Promise<void>[] = [];
    for (let i = 0; i < inputs.length; i += SLICE * 4) {
      const { blocks, accepted, rejected, lastEventId } = this.#guard.logs(
        inputs.slice(i, i + SLICE * 4),
        sender,
        this.#clock(),
      );
      this.#vault.flush();
      outcome.accepted += accepted;
      outcome.rejected.push(...rejected.map((r) => ({ index: i, ...r })));
      if (lastEventId !== null) outcome.eventIds = [formatUuid(lastEventId)];
      const write = this.#journal.append(blocks);
      write.catch(() => undefined);
      writes.push(write);
      if (i + SLICE * 4 < inputs.length) await turn();
    }
    await Promise.all(writes);
    outcome.position = this.#journal.durable;
    return outcome;
  }
}
