import { formatCosignerVkey } from '@prooflog/proof';
import { Command } from 'commander';
import { realDisk } from '../base/disk.js';
import { signingKey } from '../base/ed25519.js';
import { Failure } from '../base/errors.js';
import { lock, usable } from '../build/data-dir.js';
import { openKeys } from '../build/keys.js';
import { WITNESS_SEED } from '../build/witnesses.js';
import { print } from './client.js';
import { type DataOptions, settingsOf } from './program.js';

export function witnessCommand(): Command {
  const command = new Command('witness').description('The role of a witness that cosigns logs of others');
  command
    .command('vkey')
    .description('Print the verifier key this installation cosigns with (the server must be stopped)')
    .option('--data <dir>', 'data directory')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nThe name is the setting witness_name; the key is made if there is none. A running server gives it at /witness/vkey.' +
        '\n\nExample:\n  PROOFLOG_WITNESS_NAME=witness.example/w1 prooflog witness vkey --data /srv/prooflog\n',
    )
    .action(async (o: DataOptions & { json?: boolean }) => {
      const settings = settingsOf(o);
      if (settings.witness_name === '')
        throw new Failure('bad_setting', 'Set witness_name, the name this server cosigns under.');
      await usable(realDisk, settings.data);
      const unlock = await lock(settings.data);
      try {
        const { keyring } = await openKeys(realDisk, settings);
        const { pub } = signingKey(await keyring.getOrCreate(WITNESS_SEED));
        const vkey = formatCosignerVkey(settings.witness_name, pub);
        print({ vkey }, o.json ?? false, (key: { vkey: string }) => key.vkey);
      } finally {
        await unlock();
      }
    });
  return command;
}
