import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { ErasureReply } from '../api/contract.js';
import { Client, print } from './client.js';
import { Progress } from './progress.js';

interface Options {
  url?: string;
  token?: string;
  json?: boolean;
  tenant: string;
  subject: string;
  ground: string;
  out?: string;
}

function line(erasure: ErasureReply): string {
  const found = erasure.scan.flatMap((r) => r.found.map((f) => `  found   ${r.place}/${f.file}: ${f.what}`));
  const places = erasure.scan.map((r) => `  looked  ${r.place}: ${r.files} files, ${r.bytes} bytes`);
  const unread = erasure.scan.flatMap((r) =>
    r.unread.map((f) => `  unread  ${r.place}/${f.file}: ${f.code}`),
  );
  return [`erased  ${erasure.subject}  (${erasure.id})`, ...places, ...unread, ...found].join('\n');
}

/** Exit code 0: erased and nothing found; 1: erased, but something was found that should be gone. */
export function eraseCommand(): Command {
  return new Command('erase')
    .description("Erase a person: destroys the subject's key and mapping, and looks for what is left")
    .requiredOption('--tenant <slug>', 'tenant')
    .requiredOption('--subject <id>', "the person's own id, as your systems send it")
    .requiredOption('--ground <text>', 'legal ground or reason; it is recorded')
    .option('--out <dir>', 'write the receipt (two proofs, checked by prooflog verify) into this folder')
    .option('--url <url>', 'address of the server')
    .option('--token <token>', 'administrator token')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  prooflog erase --tenant acme --subject ada@example.com --ground "GDPR art. 17(1)(a)" --out ./receipt\n',
    )
    .action(async (o: Options) => {
      const progress = new Progress('erasing');
      progress.update('keys, then a scan of every place');
      const body = { subject: o.subject, ground: o.ground };
      const erasure = await Client.fromEnvironment(o).call<ErasureReply>(
        'POST',
        '/v1/erasures',
        body,
        o.tenant,
      );
      progress.done('done');
      if (o.out !== undefined) save(o.out, erasure);
      print(erasure, o.json ?? false, line);
      if (erasure.scan.some((report) => report.found.length > 0)) process.exitCode = 1;
    });
}

function save(dir: string, erasure: ErasureReply): void {
  mkdirSync(dir, { recursive: true });
  for (const [i, proof] of erasure.proofs.entries())
    writeFileSync(join(dir, `${i === 0 ? 'erased' : 'scanned'}.tlog-proof`), proof);
}
