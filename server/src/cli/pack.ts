import { Command } from 'commander';
import { describe, loadPacks, readPack } from '../pack/load.js';
import { loadSamples } from '../pack/samples.js';
import { eventTable } from '../pack/table.js';

export function packCommand(): Command {
  const command = new Command('pack').description('Work with packs of declarations');
  command
    .command('check')
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
  command
    .command('table')
    .argument('<dir>', 'folder with packs in it')
    .description('Print all events that the packs below a folder declare, as Markdown')
    .addHelpText('after', '\nExample:\n  prooflog pack table packs > docs/events.md\n')
    .action((dir: string) => {
      process.stdout.write(eventTable(loadPacks(dir).values()));
    });
  return command;
}
