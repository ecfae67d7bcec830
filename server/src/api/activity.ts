import type { Clock } from '../base/clock.js';
import type { Rejection } from '../base/errors.js';
import type { KeyActivity } from './contract.js';

/** What each key has sent since the start: for the row that waits for the first event. Holds no values. */
export class Activity {
  readonly #clock: Clock;
  readonly #keys = new Map<string, KeyActivity>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): KeyActivity {
    return this.#keys.get(key) ?? { accepted: 0, rejected: 0, last_event_id: null, last_rejection: null };
  }

  note(key: string, accepted: number, lastEventId: string | undefined, rejected: readonly Rejection[]): void {
    const now = this.get(key);
    const last = rejected.at(-1);
    this.#keys.set(key, {
      accepted: now.accepted + accepted,
      rejected: now.rejected + rejected.length,
      last_event_id: lastEventId ?? now.last_event_id,
      last_rejection:
        last === undefined
          ? now.last_rejection
          : {
              at: new Date(this.#clock()).toISOString(),
              code: last.code,
              field: last.field,
              message: last.message,
            },
    });
  }
}
