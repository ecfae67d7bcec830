import type { Journaled } from '../stages.js';

/** Only the journal may import this file; a test holds the whole tree to it. */
export const mintJournaled = (
  entry: { [K in 'kind' | 'log' | 'eventId' | 'patch' | 'payload' | 'position' | 'next']: Journaled[K] },
): Journaled => entry as Journaled;
