import { Command } from 'commander';
import type { ExpiryReply, LogExpiryReply } from '../api/contract.js';
import { Client, print } from './client.js';

interface Options {
  url?: string;
  token?: string;
  json?: boolean;
  tenant?: string;
  dryRun?: boolean;
}

const STOPS: Readonly<Record<LogExpiryReply['stopped_by'], string>> = {
  age: 'the next record is not old enough',
  hold: 'the next record is under legal hold',
  evidence: 'the next is the record of an erasure, and records from before it are still kept',
  end: 'there are no more',
};

function line({ log, size, from, to, keep, because, stopped_by, failed }: LogExpiryReply): string {
  if (failed !== undefined) return `FAILED    ${log}  ${failed}; the next round tries again`;
  const which = to === from ? 'none' : `${to - from}: ${from} to ${to - 1}`;
  return `${to === from ? 'keeps   ' : 'expires '}  ${log}  ${which} of ${size} entries; ${STOPS[stopped_by]}\n          kept ${keep}: ${because}`;
}

export function expireCommand(): Command {
  return new Command('expire')
    .description('Let the bytes of records go whose time is over, now; a running server does it by itself')
    .option('--dry-run', 'only show what would go, and why no more')
    .option('--tenant <slug>', 'tenant; without it all of them')
    .option('--url <url>', 'address of the server')
    .option('--token <token>', 'administrator token')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  prooflog expire --dry-run --tenant acme\n')
    .action(async (o: Options) => {
      const client = Client.fromEnvironment(o);
      const { logs } = await client.call<ExpiryReply>(
        'POST',
        '/v1/expiry',
        { dry_run: o.dryRun ?? false },
        o.tenant,
      );
      print(logs, o.json ?? false, line);
      if (logs.some((log) => log.failed !== undefined)) process.exitCode = 1;
    });
}
