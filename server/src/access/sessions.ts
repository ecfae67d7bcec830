import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.js';
import type { Principal } from './roles.js';

const LINK_MS = 30 * 60_000;
const SESSION_MS = 12 * 3_600_000;
const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64');

/**
 * Sign-in by one-time link, and the sessions it opens. In memory on purpose: a restart signs everybody out and
 * prints a new link. Tokens are kept hashed and looked up by their hash.
 */
export class Sessions {
  readonly #clock: Clock;
  readonly #links = new Map<string, number>();
  readonly #sessions = new Map<string, { id: string; until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A token for one sign-in within half an hour. */
  createLink(): string {
    const token = randomBytes(24).toString('base64url');
    this.#links.set(hashOf(token), this.#clock() + LINK_MS);
    return token;
  }

  /** Opens a session for a link that was not used yet; null otherwise. */
  redeem(link: string): string | null {
    const until = this.#links.get(hashOf(link));
    this.#links.delete(hashOf(link));
    if (until === undefined || until < this.#clock()) return null;
    const token = randomBytes(32).toString('base64url');
    const id = `session-${randomBytes(6).toString('hex')}`;
    this.#sessions.set(hashOf(token), { id, until: this.#clock() + SESSION_MS });
    return token;
  }

  authenticate(token: string): Principal | null {
    const session = this.#sessions.get(hashOf(token));
    if (session === undefined || session.until < this.#clock()) return null;
    return { credential: session.id, role: 'admin', tenant: null, session: true };
  }

  /** Whether a session of this id is still open. */
  has(id: string): boolean {
    return [...this.#sessions.values()].some(
      (session) => session.id === id && session.until >= this.#clock(),
    );
  }

  end(token: string): void {
    this.#sessions.delete(hashOf(token));
  }
}
