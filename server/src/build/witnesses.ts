import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { systemClock } from '../base/clock.js';
import type { Disk } from '../base/disk.js';
import { signingKey } from '../base/ed25519.js';
import { Failure, systemCode } from '../base/errors.js';
import type { Keyring } from '../base/keyring.js';
import type { Logger } from '../base/logger.js';
import type { Settings } from '../base/settings.js';
import { safeStackFrames } from '../base/stack.js';
import type { LogName } from '../event/stages.js';
import type { Heads } from '../ledger/heads.js';
import type { Ledger } from '../ledger/ledger.js';
import { WitnessError } from '../witness/client.js';
import { Cosigning } from '../witness/cosigning.js';
import { parseKnownLogs } from '../witness/known-logs.js';
import { planOf } from '../witness/remote.js';
import type { WitnessTables } from '../witness/tables.js';
import { Witness } from '../witness/witness.js';

/** Name of the cosigning seed in the keyring. */
export const WITNESS_SEED = 'witness';

/** The text of a file a setting names. @throws Failure `bad_setting`. */
function settingFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure('bad_setting', `The file of ${name}, ${path}, cannot be read (${systemCode(cause)}).`, {
      cause,
    });
  }
}

/** The role of a witness of others, where the settings name their logs. */
export async function openWitness(
  settings: Settings,
  db: Kysely<WitnessTables>,
  keyring: Keyring,
): Promise<Witness | null> {
  if (settings.witness_logs === '') return null;
  const logs = parseKnownLogs(settingFile('witness_logs', settings.witness_logs));
  const signer = { name: settings.witness_name, ...signingKey(await keyring.getOrCreate(WITNESS_SEED)) };
  return Witness.load(db, logs, signer, systemClock);
}

/** Our own logs under the eyes of others, where the settings name witnesses. */
export function openCosigning(
  settings: Settings,
  ledger: Ledger,
  heads: Heads,
  originOf: (log: LogName) => string,
  disk: Disk,
  log: Logger,
): Cosigning | null {
  if (settings.witness_policy === '') return null;
  const plan = planOf(settingFile('witness_policy', settings.witness_policy));
  return new Cosigning({
    plan,
    clock: systemClock,
    logs: () => heads.all().map((head) => head.log),
    originOf,
    open: (name) => ({
      size: () => ledger.size(name),
      checkpoint: () => ledger.checkpoints.read(name),
      read: (path) => disk.readFile(join(ledger.dirOf(name), path)),
      publish: (note, cosignature) => ledger.checkpoints.addCosignature(name, note, cosignature, plan.enough),
    }),
    onError: (witness, error) =>
      log.warn(
        error instanceof WitnessError
          ? { witness, why: error.message }
          : { witness, code: systemCode(error), at: safeStackFrames(error) },
        'a witness did not cosign and will be asked again',
      ),
  });
}
