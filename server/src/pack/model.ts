import type { ErrorCode } from '../base/errors.js';
import type { Retention } from './retention.js';

/** A JSON Schema 2020-12 (sub)schema as written in a pack. */
export type JsonSchema = { readonly [key: string]: unknown };

/**
 * What happens to a value that passed validation. `keep`: ids and numbers; `scrub`: free text; `encrypt`: sealed
 * for the person who acted, readable until that person is erased (docs/formats/sealed-values.md).
 */
export type Strategy = 'keep' | 'scrub' | 'encrypt';
export const STRATEGIES: readonly Strategy[] = ['keep', 'scrub', 'encrypt'];

export interface DetailField {
  readonly name: string;
  readonly strategy: Strategy;
  readonly description: string;
}

/** One action of one event type in one version. */
export interface EventDeclaration {
  readonly pack: string;
  readonly action: string;
  readonly eventType: string;
  readonly version: number;
  readonly stream: string;
  readonly description: string;
  readonly entityTypes: readonly string[];
  /** Schema of `metadata.details`, closed to undeclared properties. */
  readonly details: JsonSchema;
  /** The same fields, sorted by name as canonical JSON needs them. */
  readonly fields: readonly DetailField[];
}

/** Where a value of the envelope comes from in a foreign record. */
export type Mapping =
  | {
      readonly from: readonly string[];
      readonly values?: Readonly<Record<string, string>>;
      readonly default?: string;
    }
  | { readonly value: string };

/** A foreign shape (CloudTrail, …) and how it becomes our envelope. */
export interface SourceDeclaration {
  readonly pack: string;
  readonly name: string;
  readonly description: string;
  /** Path of the foreign record's own identity: the same record twice is one record. */
  readonly id: string;
  /** Dotted envelope path → where it comes from. */
  readonly envelope: ReadonlyMap<string, Mapping>;
}

/** A sample, with what must happen to it: accepted, or refused with this code. */
export interface Sample {
  readonly expect: 'accepted' | ErrorCode;
  readonly source?: string;
  /** Seconds before the time of loading, so that samples are never older than the page's default range. */
  readonly ago: number;
  readonly event: Readonly<Record<string, unknown>>;
}

export interface Pack {
  readonly name: string;
  readonly version: number;
  readonly description: string;
  readonly dir: string;
  readonly events: readonly EventDeclaration[];
  readonly sources: readonly SourceDeclaration[];
  readonly retention: readonly Retention[];
}
