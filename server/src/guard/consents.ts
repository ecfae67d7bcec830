import type { Purpose } from '../event/purposes.js';

/** Who has agreed to what; asked for every value and event that depends on it, so it answers from memory. */
export interface Consents {
  /** @param subject pseudonym of the person */
  granted(tenant: string, subject: string, purpose: Purpose, eventType: string): boolean;
}
