import { Command } from 'commander';
import { openEngine } from '../build/engine.js';
import { type DataOptions, settingsOf } from './program.js';
import { Progress } from './progress.js';

/** The search store is a copy: this throws it away and reads the ledger again. */
export function reindexCommand(): Command {
  return new Command('reindex')
    .description('Rebuild the search store from the ledger (the server must be stopped)')
    .option('--data <dir>', 'data directory')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  prooflog reindex --data /srv/prooflog\n')
    .action(async (o: DataOptions & { json?: boolean }) => {
      const engine = await openEngine(settingsOf(o), { seal: false });
      const progress = new Progress('reindexing');
      try {
        const rows = await engine.indexer.rebuild((done, all) => progress.update(`${done} of ${all} leaves`));
        progress.done(`${rows} records indexed`);
        if (o.json) process.stdout.write(`${JSON.stringify({ records: rows })}\n`);
      } finally {
        await engine.close();
      }
    });
}
