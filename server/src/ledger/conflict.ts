import { BundleError } from '@prooflog/proof';
import { Failure, systemCode } from '../base/errors.js';
import type { LogName } from '../event/stages.js';

/** What somebody can do to the files of one log; a full or failing disk is the matter of all. */
const OF_ONE_LOG: readonly string[] = ['EACCES', 'EEXIST', 'EISDIR', 'ELOOP', 'ENOTDIR', 'EPERM'];

/** The Failure `ledger_conflict` when the error says that something is wrong with the files of this one log. */
export function conflictOf(log: LogName, error: unknown): Failure | null {
  if (error instanceof Failure) return error.code === 'ledger_conflict' ? error : null;
  const code = systemCode(error);
  if (!(error instanceof BundleError) && !OF_ONE_LOG.includes(code)) return null;
  const why = code === '' ? 'damaged' : code;
  return new Failure('ledger_conflict', `The last files of ${log} cannot be used (${why}).`, {
    cause: error,
  });
}
