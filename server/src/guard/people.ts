import type { SealedPlace } from '../vault/seal.js';
import type { Consents } from './consents.js';
import type { Person } from './strategies.js';

/** What the guard asks of the vault. */
export interface Secrets {
  /** The subject's pseudonym, made now if there is none yet. */
  pseudonym(tenant: string, subject: string): string;
  /** A keyed digest: equal texts of a tenant have equal ones. */
  digest(tenant: string, text: string): string;
  seal(place: SealedPlace, text: string): string;
}

/** Who is concerned by one record. */
export interface Concerned {
  readonly tenant: string;
  /** Pseudonym of the person who acted; null when it was no person. */
  readonly subject: string | null;
  readonly eventId: string;
  readonly eventType: string;
}

/** Binds vault and consents to the person concerned by one record. */
export class People {
  readonly #vault: Secrets;
  readonly #consents: Consents;

  constructor(vault: Secrets, consents: Consents) {
    this.#vault = vault;
    this.#consents = consents;
  }

  of({ tenant, subject, eventId, eventType }: Concerned): Person {
    return {
      pseudonym: (id) => this.#vault.pseudonym(tenant, id),
      digest: (text) => this.#vault.digest(tenant, text),
      seal: (named, value, path) => {
        const whom = named ?? subject;
        if (whom === null) return null;
        return this.#vault.seal({ tenant, subject: whom, eventId, path }, JSON.stringify(value));
      },
      consents: (purpose) => subject !== null && this.#consents.granted(tenant, subject, purpose, eventType),
    };
  }
}
