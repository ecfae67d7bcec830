import type { Guarded } from '../stages.js';

/** Only the guard may import this file; a test holds the whole tree to it. */
export const mintGuarded = (
  entry: { [K in 'kind' | 'log' | 'eventId' | 'patch' | 'payload']: Guarded[K] },
): Guarded => entry as Guarded;
