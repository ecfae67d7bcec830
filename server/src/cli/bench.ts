import { Command } from 'commander';

interface Flags {
  readonly seconds: string;
  readonly records: string;
  readonly json?: boolean;
  readonly write?: string;
  readonly labelled?: string;
}

const HELP = `
Examples:
  prooflog bench --seconds 5
  prooflog bench ledger --records 10000,1000000
  prooflog bench guard
  prooflog bench detection
`;

/** Measures this machine; the work is in `bench/`, loaded only when asked for. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('Measure throughput and latency on this machine, beside the limits of the machine itself')
    .argument(
      '[what]',
      'product (the whole way of a record), ledger (sealing, proving, verifying), guard (its speed) or detection (what it finds)',
      'product',
    )
    .option('--seconds <n>', 'length of each measurement', '10')
    .option('--records <n,…>', 'with ledger: sizes of the log', '10000,1000000,10000000')
    .option('--labelled <file>', 'with detection: also measure on these labelled texts (presidio-research)')
    .option('--json', 'print JSON')
    .option('--write <file>', 'write the table into a Markdown file')
    .addHelpText('after', HELP)
    .action(async (what: string, flags: Flags, command: Command) => {
      const seconds = Number(flags.seconds);
      const { runBench } = await import('../bench/run.js');
      const options = {
        json: flags.json ?? false,
        ...(flags.write === undefined ? {} : { write: flags.write }),
      };
      if (what === 'product') {
        const { measureProduct } = await import('../bench/product.js');
        return runBench((dir, say) => measureProduct(dir, seconds, say), options);
      }
      if (what === 'guard') {
        const { measureGuard } = await import('../bench/guard.js');
        return runBench((_, say) => measureGuard(seconds, say), options);
      }
      if (what === 'detection') {
        const { measureDetection, measureLabelled } = await import('../bench/detection/index.js');
        const labelled = flags.labelled === undefined ? null : measureLabelled(flags.labelled);
        for (const table of [...measureDetection(), ...(labelled === null ? [] : [labelled])])
          await runBench(async () => table, options);
        return;
      }
      if (what !== 'ledger')
        command.error(`error: ${what} cannot be measured; product, ledger, guard and detection can`);
      const { measureLedger } = await import('../bench/ledger.js');
      const sizes = flags.records.split(',').map(Number);
      return runBench((dir, say) => measureLedger(dir, sizes, seconds, say), options);
    });
}
