import { join } from 'node:path';
import { runVerify } from '@prooflog/proof/node';
import { Command } from 'commander';
import { loadDemo } from '../demo.js';
import { type RunningServer, startServer } from '../server.js';
import { type DataOptions, settingsOf } from './program.js';
import { Progress } from './progress.js';

const DRAIN_MS = 15_000;

const say = (text: string): boolean => process.stderr.write(`${text}\n`);

/** SIGTERM and SIGINT end it in order; a second one, or fifteen seconds, at once. */
function stopOnSignal(server: RunningServer): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), DRAIN_MS).unref();
    server.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function banner(server: RunningServer, data: string, token: boolean): void {
  process.stdout.write(
    `Prooflog   ${server.url}\nSign in    ${server.signInLink()}   (once, within 30 minutes)\nData       ${data}\n`,
  );
  if (token)
    process.stdout.write(
      `Admin      ${server.adminToken}   (until restart; set PROOFLOG_ADMIN_TOKEN to keep one)\n`,
    );
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('Run the server (no sample data)')
    .option('--data <dir>', 'data directory')
    .option('--listen <address>', 'host:port, or host:0 for a free port')
    .addHelpText(
      'after',
      '\nExample:\n  PROOFLOG_ADMIN_TOKEN=… prooflog serve --data /srv/prooflog --listen 127.0.0.1:7117\n',
    )
    .action(async (o: DataOptions) => {
      const settings = settingsOf(o);
      const server = await startServer(settings);
      stopOnSignal(server);
      banner(server, settings.data, settings.admin_token === '');
    });
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('Run the server with the sample data of the packs')
    .option('--data <dir>', 'data directory')
    .option('--listen <address>', 'host:port, or host:0 for a free port')
    .addHelpText('after', '\nExample:\n  prooflog demo\n')
    .action(async (o: DataOptions) => {
      const settings = settingsOf(o);
      const server = await startServer(settings);
      stopOnSignal(server);
      const progress = new Progress('samples');
      const { sent, accepted, duplicates } = await loadDemo(
        server.engine,
        server.url,
        server.adminToken,
        (done, all) => progress.update(`${done} of ${all}`),
      );
      progress.done(`${sent} sent, ${accepted} accepted, ${duplicates} were here already`);
      await server.engine.indexedTo(server.engine.journal.durable, AbortSignal.timeout(30_000));
      const code = await runVerify([join(settings.data, 'ledger')], {
        out: (text) => process.stderr.write(text),
        err: () => undefined,
        env: {},
      });
      say(code === 0 ? 'ledger: every record verified' : 'ledger: NOT verified, see above');
      banner(server, settings.data, settings.admin_token === '');
    });
}
