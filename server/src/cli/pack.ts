import { Command } from 'commander';
import { diffPacks, type EventDiff } from '../pack/diff.js';
import { describe, loadPack, loadPacks, readPack } from '../pack/load.js';
import { loadSamples } from '../pack/samples.js';
import { eventTable } from '../pack/table.js';
import { writeNewPack } from '../pack/template.js';
import { typesOfPack } from '../pack/types.js';

export function packCommand(): Command {
  const command = new Command('pack').description('Work with packs of declarations');
  for (const sub of [checkCommand, newCommand, diffCommand, typesCommand, tableCommand])
    command.addCommand(sub());
  return command;
}

function checkCommand(): Command {
  return new Command('check')
    .argument('<dir>', 'folder of the pack')
    .description('Say what a pack declares, or what is wrong with it')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  prooflog pack check packs/company-governance\n')
    .action((dir: string, o: { json?: boolean }) => {
      const { pack, problems } = readPack(dir);
      if (problems.length > 0) {
        process.stdout.write(o.json ? `${JSON.stringify({ problems })}\n` : `${describe(dir, problems)}\n`);
        process.exitCode = 1;
        return;
      }
      const facts = {
        name: pack.name,
        version: pack.version,
        actions: pack.events.length,
        sources: pack.sources.length,
        samples: loadSamples(pack).length,
      };
      process.stdout.write(
        o.json
          ? `${JSON.stringify(facts)}\n`
          : `${facts.name} v${facts.version}: ${facts.actions} actions, ${facts.sources} sources, ${facts.samples} samples\n`,
      );
    });
}

function newCommand(): Command {
  return new Command('new')
    .argument('<dir>', 'folder to make')
    .description('Write a small pack that works, to begin with')
    .addHelpText('after', '\nExample:\n  prooflog pack new packs/my-service\n')
    .action((dir: string) => {
      writeNewPack(dir);
      process.stdout.write(`Written. Next: prooflog pack check ${dir}\n`);
    });
}

function diffCommand(): Command {
  return new Command('diff')
    .argument('<old>', 'folder of the pack as it was')
    .argument('<new>', 'folder of the pack as it is to be')
    .description('Say for each event whether the change breaks something; exits with 1 when one does')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  prooflog pack diff released/my-service packs/my-service\n')
    .action((before: string, after: string, o: { json?: boolean }) => {
      const events = diffPacks(loadPack(before), loadPack(after));
      process.stdout.write(o.json ? `${JSON.stringify({ events })}\n` : events.map(diffLine).join(''));
      if (events.some(({ breaking }) => breaking.length > 0)) process.exitCode = 1;
    });
}

function diffLine({ event_type, action, breaking }: EventDiff): string {
  const name = action === event_type.replaceAll('.', '_') ? event_type : `${event_type} ${action}`;
  return `${name}: ${breaking.length === 0 ? 'compatible' : `breaking: ${breaking.join('; ')}`}\n`;
}

function typesCommand(): Command {
  return new Command('types')
    .argument('<dir>', 'folder of the pack')
    .description('Print TypeScript types of its events')
    .addHelpText('after', '\nExample:\n  prooflog pack types packs/my-service > src/events.ts\n')
    .action((dir: string) => {
      process.stdout.write(typesOfPack(loadPack(dir)));
    });
}

function tableCommand(): Command {
  return new Command('table')
    .argument('<dir>', 'folder with packs in it')
    .description('Print all events that the packs below a folder declare, as Markdown')
    .addHelpText('after', '\nExample:\n  prooflog pack table packs > docs/events.md\n')
    .action((dir: string) => {
      process.stdout.write(eventTable(loadPacks(dir).values()));
    });
}
