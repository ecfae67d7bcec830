import { resolve } from 'node:path';
import type { Disk } from '../base/disk.js';
import { Failure } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { Settings } from '../base/settings.js';
import type { Indexer } from '../store/indexer.js';
import { canConfine } from '../store/process/confine.js';
import { Store } from '../store/process/store.js';

/** Starts the search store's process, confined where the machine can and the settings do not forbid it. */
export async function openStore(disk: Disk, settings: Settings, log: Logger): Promise<Store> {
  const [dir, ledger] = [resolve(settings.data, 'store'), resolve(settings.data, 'ledger')];
  await disk.makeDir(dir);
  await disk.makeDir(ledger);
  const confine = settings.confine !== 'off' && canConfine();
  if (!confine && settings.confine === 'required')
    throw new Failure('bad_setting', 'confine is "required", but bubblewrap (bwrap) does not work here.');
  if (!confine && settings.confine === 'auto')
    log.warn('the search store runs unconfined: install bubblewrap, or set confine to off');
  const onCrash = (how: string): void => log.error({ how }, 'the search store ended; it is started again');
  return Store.open({ dir, ledger, confine, onCrash });
}

const INDEXED_WITHIN_MS = 30_000;

/** Before rows are changed: a block of rows on its way into the store would come after the change. */
export async function settledRows(indexer: Indexer): Promise<void> {
  if (!(await indexer.caughtUp(AbortSignal.timeout(INDEXED_WITHIN_MS))))
    throw new Failure('search_unavailable', 'The search store is behind; its rows are changed later.');
}
