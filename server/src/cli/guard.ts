import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import { Failure } from '../base/errors.js';
import { Rehearsal, type Rehearsed, refused } from '../guard/rehearsal.js';
import { loadPack } from '../pack/load.js';
import { decodeEvents } from '../receive/events/decode.js';

const OWN_PACKS = join(import.meta.dirname, '../../../packs');

interface Flags {
  readonly pack: string[];
  readonly source?: string;
  readonly logs?: boolean;
  readonly json?: boolean;
}

const HELP = `
Examples:
  prooflog guard try --pack company-governance < events.ndjson
  prooflog guard try --pack ./my-pack --source carrier_scan scans.json
  echo '{"level":"ERROR","message":"mail to ada@example.com failed"}' | prooflog guard try --logs
`;

/** Tries events against the guard without a server. */
export function guardCommand(): Command {
  const command = new Command('guard').description('See what the guard does with records');
  command
    .command('try')
    .argument('[file]', 'events as JSON or NDJSON; - or nothing: standard input', '-')
    .description('Show what would be kept, changed, left out or refused, and why; nothing is kept')
    .option('--pack <name|dir...>', 'packs that are turned on: one of the program, or a folder', [])
    .option('--source <name>', 'the events have this foreign shape')
    .option('--logs', 'the input is log records {level, message, service, attributes}')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((file: string, flags: Flags) => {
      const results = rehearse(readFileSync(file === '-' ? 0 : file), flags);
      const text = flags.json ? JSON.stringify({ results }) : results.map(describe).join('\n');
      process.stdout.write(`${text}\n`);
      if (results.some((result) => !result.accepted)) process.exitCode = 1;
    });
  return command;
}

function rehearse(bytes: Buffer, flags: Flags): Rehearsed[] {
  const packs = flags.pack.map((pack) => loadPack(/[/\\.]/.test(pack) ? pack : join(OWN_PACKS, pack)));
  const rehearsal = new Rehearsal(packs);
  const names = packs.map((pack) => pack.name);
  const sender = { tenant: { id: 'try', slug: 'try', packs: names }, credential: 'try' };
  if (flags.source !== undefined && !rehearsal.hasSource(flags.source, names))
    throw new Failure('unknown_source', `None of these packs declares the source ${flags.source}.`);
  const now = systemClock();
  const { items, refused: refusals } = decodeEvents(bytes, 'application/json');
  const tried = items.map((item) =>
    flags.logs ? rehearsal.log(item, sender, now) : rehearsal.event(item, sender, now, flags.source),
  );
  const broken = refusals.map(({ index, ...rejection }) => refused(index, rejection));
  return [...tried, ...broken].sort((a, b) => a.index - b.index);
}

function describe(result: Rehearsed): string {
  const number = `${result.index + 1}`.padStart(3);
  if (!result.accepted) {
    const { code, field, message } = result.rejection;
    return `${number}  refused   ${code} at ${field}: ${message}`;
  }
  const width = Math.max(...result.fates.map((fate) => fate.path.length));
  const lines = result.fates.map(({ path, rules, kept }) => {
    const became = rules.length === 0 ? 'kept' : rules.join(', ');
    return `       ${path.padEnd(width)}  ${became.padEnd(14)}  ${kept === undefined ? '(left out)' : JSON.stringify(kept)}`;
  });
  return [`${number}  accepted  stream ${String(result.record.stream)}`, ...lines].join('\n');
}
