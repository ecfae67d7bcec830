import { type NamedLog, runVerify } from '@prooflog/proof/node';
import { Command } from 'commander';
import { openBucket, type S3Place, s3Place } from '../build/archive.js';
import { settingsOf } from './program.js';

/** The verifier is the `proof` package's own, so that an auditor can run the same code without the server. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('Check ledgers or one proof: 0 verified, 1 tampering found, 2 cannot tell')
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .action(async (_options: unknown, command: Command) => {
      process.exitCode = await runVerify(command.args, {
        out: (text: string) => process.stdout.write(text),
        err: (text: string) => process.stderr.write(text),
        env: process.env,
        logsAt: (target) => {
          const place = s3Place(target);
          return place && logsIn(place);
        },
      });
    });
}

async function logsIn(place: S3Place): Promise<readonly NamedLog[]> {
  const { bucketLogs } = await import('../archive/source.js');
  return bucketLogs(await openBucket(settingsOf({}), place));
}
