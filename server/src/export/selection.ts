import { Failure } from '../base/errors.js';
import type { RecordPlace } from '../event/stages.js';
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

/** What may be chosen of a log. */
export interface Bounds {
  /** Rows of what has just expired may still be found below it. */
  readonly minimum: number;
  /** Leaves below it. */
  readonly size: number;
  /** These not: nobody is shown them, whatever the store says. */
  readonly withheld: readonly RecordPlace[];
  /** Records that still fit into the export. */
  readonly room: number;
}

/**
 * The records of a stream that match.
 * @throws Failure `export_too_large`, and what the store throws.
 */
export function select(
  store: Store,
  node: Node,
  scope: Scope,
  stream: string,
  bounds: Bounds,
): Promise<Selection> {
  return collect(store, bounds, (page) => compilePlaces(node, scope, stream, page));
}

/**
 * The records of the log of erasures that say whose of the people in matching records were erased.
 * @throws as {@link select}.
 */
export function selectEvidence(store: Store, node: Node, scope: Scope, bounds: Bounds): Promise<Selection> {
  return collect(store, bounds, (page) => compileEvidence(node, scope, page));
}

async function collect(
  store: Store,
  { minimum, size, withheld, room }: Bounds,
  compile: (page: PlacePage) => Statement,
): Promise<Selection> {
  const chosen = new Selection();
  const hidden = new Set(withheld.map(({ leaf, slot }) => `${leaf}/${slot}`));
  let after: Place = { leaf: minimum, slot: -1 };
  let bytes = 0;
  for (;;) {
    const rows = await store.query<PlaceRow>(compile({ size, after, limit: PAGE }));
    for (const row of rows) {
      after = { leaf: Number(row.leaf), slot: row.slot };
      if (hidden.has(`${row.leaf}/${row.slot}`)) continue;
      chosen.add(after.leaf, after.slot);
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
