import { Failure } from '../base/errors.js';
import type { Node } from '../query/ast.js';
import {
  compileEvidence,
  compilePlaces,
  type Place,
  type PlacePage,
  type PlaceRow,
  type Scope,
  type Statement,
} from '../query/compile.js';
import type { Store } from '../store/process/store.js';

/** What one export may hold: places are kept in memory, and a reader takes a file of records whole. */
export const EXPORT_LIMITS = { records: 1_000_000, bytesPerStream: 2 ** 30 };

/** Rows of one look into the store, which gives out 100,000 at most. */
const PAGE = 50_000;

/** The chosen records of one log by their places, as plain numbers: some 20 bytes for each. */
export class Selection {
  /** Ascending, each once. */
  readonly leaves: number[] = [];
  readonly #slots: number[] = [];
  /** Where the slots of each leaf begin. */
  readonly #starts: number[] = [];

  /** Number of records. */
  get size(): number {
    return this.#slots.length;
  }

  get last(): Place {
    return { leaf: this.leaves.at(-1) ?? -1, slot: this.#slots.at(-1) ?? -1 };
  }

  /** The store may know a record twice, after a crash between two of its steps; the ledger does not. */
  add(leaf: number, slot: number): void {
    const { last } = this;
    if (leaf < last.leaf || (leaf === last.leaf && slot <= last.slot)) return;
    if (leaf > last.leaf) {
      this.leaves.push(leaf);
      this.#starts.push(this.#slots.length);
    }
    this.#slots.push(slot);
  }

  /** What is in one of two selections of a log, or in both. */
  static union(a: Selection, b: Selection): Selection {
    const places = [...a.#places(), ...b.#places()].sort((x, y) => x.leaf - y.leaf || x.slot - y.slot);
    const both = new Selection();
    for (const { leaf, slot } of places) both.add(leaf, slot);
    return both;
  }

  #places(): Place[] {
    return this.leaves.flatMap((leaf, i) => this.slotsOf(i).map((slot) => ({ leaf, slot })));
  }

  /** Slots of the `i`-th leaf. */
  slotsOf(i: number): number[] {
    return this.#slots.slice(this.#starts[i], this.#starts[i + 1]);
  }
}

/** Which entries of a log are there to choose from: rows of what has just expired may still be found. */
export interface Span {
  readonly minimum: number;
  readonly size: number;
}

/**
 * The records of a stream that match, out of a part of its log.
 * @param room records that still fit into the export.
 * @throws Failure `export_too_large`, and what the store throws.
 */
export function select(
  store: Store,
  node: Node,
  scope: Scope,
  stream: string,
  span: Span,
  room: number,
): Promise<Selection> {
  return collect(store, span, room, (page) => compilePlaces(node, scope, stream, page));
}

/**
 * The records of the log of erasures that say whose of the people in matching records were erased.
 * @throws as {@link select}.
 */
export function selectEvidence(
  store: Store,
  node: Node,
  scope: Scope,
  span: Span,
  room: number,
): Promise<Selection> {
  return collect(store, span, room, (page) => compileEvidence(node, scope, page));
}

async function collect(
  store: Store,
  { minimum, size }: Span,
  room: number,
  compile: (page: PlacePage) => Statement,
): Promise<Selection> {
  const chosen = new Selection();
  let bytes = 0;
  for (;;) {
    const after = chosen.size === 0 ? { leaf: minimum, slot: -1 } : chosen.last;
    const rows = await store.query<PlaceRow>(compile({ size, after, limit: PAGE }));
    for (const row of rows) {
      chosen.add(Number(row.leaf), row.slot);
      bytes += Number(row.bytes) + 1;
    }
    if (chosen.size > room || bytes > EXPORT_LIMITS.bytesPerStream)
      throw new Failure(
        'export_too_large',
        `An export holds at most ${EXPORT_LIMITS.records.toLocaleString('en')} records and 1 GiB of one stream; narrow the query or the time range.`,
      );
    if (rows.length < PAGE) return chosen;
  }
}
