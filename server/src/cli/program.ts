import { Command } from 'commander';
import { Failure } from '../base/errors.js';
import { readSettings, type Settings } from '../base/settings.js';
import { safeStackFrames } from '../base/stack.js';
import { benchCommand } from './bench.js';
import { eraseCommand } from './erase.js';
import { expireCommand } from './expire.js';
import { exportCommand } from './export.js';
import { guardCommand } from './guard.js';
import { integrityCommand } from './integrity.js';
import { keyCommand } from './key.js';
import { packCommand } from './pack.js';
import { reindexCommand } from './reindex.js';
import { repairCommand } from './repair.js';
import { reviewCommand } from './review.js';
import { demoCommand, serveCommand } from './serve.js';
import { tenantCommand } from './tenant.js';
import { verifyCommand } from './verify.js';
import { witnessCommand } from './witness.js';

/** Options that stand for a setting, shared by the commands that open a data directory. */
export interface DataOptions {
  data?: string;
  listen?: string;
}

export function settingsOf(options: DataOptions): Settings {
  return readSettings(process.env, {
    ...(options.data === undefined ? {} : { data: options.data }),
    ...(options.listen === undefined ? {} : { listen: options.listen }),
  });
}

export function buildProgram(): Command {
  const program = new Command('prooflog')
    .description('Observability, audit and privacy compliance whose every record can be proven')
    .showHelpAfterError('(add --help for what is possible)')
    .showSuggestionAfterError()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
    .addHelpText(
      'after',
      '\nExamples:\n  prooflog demo                      serve with sample data\n  prooflog serve --data /srv/prooflog\n  prooflog verify /srv/prooflog      check every ledger offline\n',
    );
  for (const command of [
    serveCommand,
    demoCommand,
    verifyCommand,
    exportCommand,
    integrityCommand,
    reindexCommand,
    repairCommand,
    tenantCommand,
    keyCommand,
    witnessCommand,
    eraseCommand,
    expireCommand,
    reviewCommand,
    packCommand,
    guardCommand,
    benchCommand,
  ])
    program.addCommand(command());
  return program;
}

/** One clear line for what a person can mend, exit code 1 (or the command's own). */
export function explain(error: unknown): string {
  if (error instanceof Failure) return `prooflog: ${error.message}`;
  if (process.env.PROOFLOG_LOG_LEVEL === 'debug')
    return `prooflog: something went wrong that should not:\n${safeStackFrames(error)}`;
  const name = error instanceof Error ? error.name : 'Error';
  return `prooflog: something went wrong that should not: ${name}. Run again with PROOFLOG_LOG_LEVEL=debug for its place.`;
}
