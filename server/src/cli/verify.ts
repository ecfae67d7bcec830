import { runVerify } from '@prooflog/proof/node';
import { Command } from 'commander';

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
      });
    });
}
