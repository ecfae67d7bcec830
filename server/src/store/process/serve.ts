import { Failure } from '../../base/errors.js';
import type { LogName, Sealed } from '../../event/stages.js';
import type { ClickHouse } from '../clickhouse.js';
import { addRows, emptyBlock } from '../rows.js';
import type { IndexRange, StoreAnswer, StoreCall, StoreRequest } from './protocol.js';

/** What the store's process needs of the ledger. */
export interface SealedSource {
  read(log: LogName, from: number, to: number, size: number): AsyncIterable<Sealed>;
}

const YIELD_EVERY = 256;

/** Builds and inserts blocks, one at a time: the blocks' buffers are used again and again. */
class BlockWriter {
  readonly #store: ClickHouse;
  readonly #ledger: SealedSource;
  readonly #blocks = { events: emptyBlock('events'), logs: emptyBlock('logs') };
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: ClickHouse, ledger: SealedSource) {
    this.#store = store;
    this.#ledger = ledger;
  }

  index(range: IndexRange): Promise<number> {
    const next = this.#last.then(() => this.#index(range));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #index(range: IndexRange): Promise<number> {
    const block = this.#blocks[range.table];
    block.clear();
    let leaves = 0;
    for await (const sealed of this.#ledger.read(range.log, range.from, range.to, range.size)) {
      addRows(block, sealed, range);
      // Queries of people go in between.
      if (++leaves % YIELD_EVERY === 0) await new Promise(setImmediate);
    }
    await this.#store.insert(range.table, block, range.token);
    return block.rows;
  }
}

async function answer(store: ClickHouse, writer: BlockWriter, request: StoreRequest): Promise<unknown> {
  switch (request.kind) {
    case 'query':
      return store.query(request);
    case 'index':
      return writer.index(request);
    case 'expire':
      return store.expire(request.log, request.below);
    case 'withhold':
      return store.withhold(request.log, request.places);
    case 'unveil':
      return store.unveil(request.log, request.place);
    case 'anonymise':
      return store.anonymise(request.log, request.from, request.below);
    case 'recreate':
      return store.recreate();
  }
}

/** Answers calls of the parent process until it is gone. */
export function serve(store: ClickHouse, ledger: SealedSource, send: (message: StoreAnswer) => void): void {
  const writer = new BlockWriter(store, ledger);
  process.on('message', (call: StoreCall) => {
    answer(store, writer, call.request).then(
      (value) => send({ id: call.id, value }),
      (error: unknown) => {
        // Only a Failure's message is known to hold no value.
        const code = error instanceof Failure ? error.code : 'search_unavailable';
        const message = error instanceof Failure ? error.message : 'The search store failed.';
        send({ id: call.id, code, message });
      },
    );
  });
}
