import { Command } from 'commander';

/** Measures this machine; the work is in `bench/`, loaded only when asked for. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('Measure throughput and latency on this machine, beside the limits of the machine itself')
    .option('--seconds <n>', 'length of each measurement', '10')
    .option('--json', 'print JSON')
    .option('--write <file>', 'write the table into a Markdown file')
    .addHelpText('after', '\nExample:\n  prooflog bench --seconds 5\n')
    .action(async (o: { seconds: string; json?: boolean; write?: string }) => {
      const { runBench } = await import('../bench/run.js');
      await runBench({
        seconds: Number(o.seconds),
        json: o.json ?? false,
        ...(o.write === undefined ? {} : { write: o.write }),
      });
    });
}
