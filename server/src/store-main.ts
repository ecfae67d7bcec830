import { realDisk } from './base/disk.js';
import { hardenRuntime } from './base/runtime.js';
import { LedgerReader } from './ledger/reader.js';
import { ClickHouse } from './store/clickhouse.js';
import { READY } from './store/process/protocol.js';
import { serve } from './store/process/serve.js';

/** Entry of the store's process: `store.js <its folder> <the ledger> <scratch>`, with a channel to the server. */
hardenRuntime();

// The server decides when to stop; a Ctrl-C in the terminal reaches this process too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
// However the server ended: without it there is nobody to answer to.
process.on('disconnect', () => process.exit(0));

const [dir = '', ledger = '', scratch = dir] = process.argv.slice(2);
const store = await ClickHouse.open(dir, scratch);
const send = (message: unknown): void => {
  process.send?.(message);
};
serve(store, new LedgerReader(realDisk, ledger), send);
send(READY);
