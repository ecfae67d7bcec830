import { Command } from 'commander';
import type { IntegrityReply, LogIntegrity } from '../api/contract.js';
import { Client, print } from './client.js';

interface Options {
  url?: string;
  token?: string;
  json?: boolean;
  tenant?: string;
}

/** Codes and places; the name of a foreign file is an intruder's text, so only JSON shows it, escaped. */
function lines(log: LogIntegrity): string {
  const round =
    log.last_round === null ? 'no full round yet' : `last full round ${log.last_round.finished_at}`;
  const found = log.findings.map((f) => {
    const where = [
      f.index === null ? '' : `entry ${f.index}`,
      f.event_id === null ? '' : `event ${f.event_id}`,
    ];
    const place = where.filter((part) => part !== '').join(', ');
    const path = JSON.stringify(f.path).slice(1, -1);
    return `\n  ${f.code}: ${log.log}/${path}${place === '' ? '' : ` (${place})`}, found ${f.found_at}`;
  });
  const stopped = log.stopped ? ', not sealed any further until it is mended' : '';
  const state =
    log.findings.length > 0
      ? 'TAMPERED'
      : log.stopped
        ? 'STOPPED '
        : log.last_round === null
          ? 'unknown '
          : 'ok      ';
  return `${state}  ${log.log}  ${log.position} of ${log.size} entries, ${round}${stopped}${found.join('')}`;
}

export function integrityCommand(): Command {
  return new Command('integrity')
    .description('Show how far a running server has checked its ledger: 0 nothing found, 1 tampering found')
    .option('--tenant <slug>', 'tenant; without it all that the key may see')
    .option('--url <url>', 'address of the server')
    .option('--token <token>', 'key with the right to read, or the administrator token')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  prooflog integrity --tenant acme\n')
    .action(async (o: Options) => {
      const { logs } = await Client.fromEnvironment(o).call<IntegrityReply>(
        'GET',
        '/v1/integrity',
        undefined,
        o.tenant,
      );
      print(logs, o.json ?? false, lines);
      if (logs.some((log) => log.stopped || log.findings.length > 0)) process.exitCode = 1;
    });
}
