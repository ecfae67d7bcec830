import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { Failure, systemCode } from '../base/errors.js';
import { Client } from './client.js';
import { Progress } from './progress.js';

interface Options {
  url?: string;
  token?: string;
  json?: boolean;
  tenant?: string;
  query: string;
  stream?: string[];
  from?: string;
  to?: string;
  out: string;
}

/** Exports from a running server; what is in `--out` is a whole zip or nothing. */
export function exportCommand(): Command {
  return new Command('export')
    .description('Export records with their proofs, as a zip that is checked with Node alone')
    .requiredOption('--out <file>', 'where the zip goes; replaced only when the export is complete')
    .option('--tenant <slug>', "tenant, where the key is not a tenant's own")
    .option('--query <query>', 'which records', '*')
    .option('--stream <name...>', 'streams (default: all that senders write to)')
    .option('--from <time>', 'RFC 3339, or relative as in now-7d')
    .option('--to <time>', 'the same')
    .option('--url <url>', 'address of the server')
    .option('--token <token>', 'administrator token, or a key that may read')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      "\nExample:\n  prooflog export --tenant acme --query 'entity.id:pol-7' --from now-30d --out export.zip\n  prooflog verify export.zip\n",
    )
    .action(async (o: Options) => {
      const body = {
        query: o.query,
        ...(o.stream === undefined ? {} : { streams: o.stream }),
        ...(o.from === undefined ? {} : { from: o.from }),
        ...(o.to === undefined ? {} : { to: o.to }),
      };
      const reply = await Client.fromEnvironment(o).open('POST', '/v1/exports', body, o.tenant);
      const records = Number(reply.headers.get('x-prooflog-records'));
      const progress = new Progress('exporting');
      const bytes = await save(reply, o.out, (done) =>
        progress.update(`${records} records, ${(done / 2 ** 20).toFixed(1)} MiB so far`),
      );
      progress.done(`${records} records, ${bytes} bytes in ${o.out}`);
      if (o.json) process.stdout.write(`${JSON.stringify({ records, bytes, file: o.out })}\n`);
    });
}

async function save(reply: Response, path: string, onBytes: (done: number) => void): Promise<number> {
  const part = `${path}.part`;
  let bytes = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      bytes += chunk.length;
      onBytes(bytes);
      next(null, chunk);
    },
  });
  try {
    const body = Readable.fromWeb(reply.body as never);
    await pipeline(body, counting, createWriteStream(part, { mode: 0o600 }));
    await rename(part, path);
    return bytes;
  } catch (cause) {
    await rm(part, { force: true });
    throw new Failure(
      'bad_setting',
      `The export could not be saved in ${path} (${systemCode(cause) || 'the server ended it early; its log says why'}).`,
      { cause },
    );
  }
}
