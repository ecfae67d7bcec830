import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import type { ReviewReply, ReviewReport } from '../api/contract.js';
import { Client, print } from './client.js';

interface Options {
  url?: string;
  token?: string;
  json?: boolean;
  tenant?: string;
  all?: boolean;
}

const ASK_AGAIN_MS = 1_000;

function line({ log, from, to, looked_at, hits, incidents, failed }: ReviewReport): string {
  const state = failed !== undefined ? 'FAILED  ' : incidents > 0 ? 'FOUND   ' : 'ok      ';
  const found = hits.map(({ rule, path, records }) => `\n  ${rule} in ${path}: ${records} records`);
  const why = failed === undefined ? '' : `, ${failed}; the next round tries again`;
  return `${state}  ${log}  ${looked_at} records of entries ${from} to ${to}, ${incidents} incidents opened${why}${found.join('')}`;
}

export function reviewCommand(): Command {
  return new Command('review')
    .description('Look at stored records with the rules of today: 0 nothing new found, 1 something was')
    .option('--all', 'every record, and not a sample')
    .option('--tenant <slug>', 'tenant; without it all of them')
    .option('--url <url>', 'address of the server')
    .option('--token <token>', "key of a tenant's administrator, or the administrator token")
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  prooflog review --all --tenant acme\n')
    .action(async (o: Options) => {
      const client = Client.fromEnvironment(o);
      let reply = await client.call<ReviewReply>('POST', '/v1/review', { all: o.all ?? false }, o.tenant);
      while (reply.running) {
        await sleep(ASK_AGAIN_MS);
        reply = await client.call<ReviewReply>('GET', '/v1/review', undefined, o.tenant);
      }
      print(reply.reports, o.json ?? false, line);
      if (reply.reports.some((report) => report.incidents > 0 || report.failed !== undefined))
        process.exitCode = 1;
    });
}
