import { join } from 'node:path';
import { findLogs, httpSource, SourceError } from '@prooflog/proof/node';
import { Command } from 'commander';
import { type Mirror, readerMirror } from '../archive/mirror.js';
import { Repair, type RepairReport } from '../archive/repair.js';
import { Failure } from '../base/errors.js';
import type { Settings } from '../base/settings.js';
import { openBucket, s3Place } from '../build/archive.js';
import { type OpenEngine, openEngine } from '../build/engine.js';
import { recordNow } from '../build/security.js';
import type { LogName } from '../event/stages.js';
import { MeteredFiles } from '../integrity/files.js';
import { print } from './client.js';
import { type DataOptions, settingsOf } from './program.js';
import { Progress } from './progress.js';

interface Options extends DataOptions {
  from: string;
  token?: string;
  json?: boolean;
}

/** Exit code 0: everything is as it was sealed; 1: something is not and could not be mended. */
export function repairCommand(): Command {
  return new Command('repair')
    .description('Put back damaged and missing files of the ledger from a copy (the server must be stopped)')
    .option('--data <dir>', 'data directory')
    .option(
      '--from <place>',
      's3 (the archive of the settings), s3://bucket/prefix, another data directory or ledger folder, or an URL below which TENANT/STREAM lie',
      's3',
    )
    .option('--token <token>', 'with an URL: key with the right to read (or PROOFLOG_KEY)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nNothing is put in place that is not what was sealed. Damaged files are moved to <data>/quarantine.\n' +
        '\nExample:\n  prooflog repair --data /srv/prooflog --from /mnt/backup/prooflog\n',
    )
    .action(async (o: Options) => {
      const settings = settingsOf(o);
      const mirror = await openMirror(settings, o);
      const engine = await openEngine(settings, { seal: false });
      try {
        const reports = await repairAll(settings, engine, mirror);
        print(reports, o.json ?? false, lines);
        if (reports.some((report) => report.unmended.length > 0)) process.exitCode = 1;
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        throw new Failure('bad_setting', error.message, { cause: error });
      } finally {
        await engine.close();
      }
    });
}

async function openMirror(settings: Settings, { from, token }: Options): Promise<Mirror> {
  const own = { bucket: settings.archive_bucket, prefix: settings.archive_prefix };
  if (from === 's3' && own.bucket === '')
    throw new Failure(
      'bad_setting',
      'The settings name no archive_bucket; say with --from where the copy is.',
    );
  const place = from === 's3' ? own : s3Place(from);
  if (place !== null) {
    const { bucketMirror } = await import('../archive/source.js');
    return bucketMirror(await openBucket(settings, place));
  }
  if (/^https?:/.test(from)) {
    const key = token ?? process.env.PROOFLOG_KEY;
    const access = key === undefined ? {} : { token: key };
    return readerMirror('url', (log) => httpSource(`${from.replace(/\/+$/, '')}/${log}`, access).read);
  }
  const logs = await findLogs(from).catch((cause) => {
    throw new Failure('bad_setting', 'The folder named by --from cannot be read.', { cause });
  });
  return readerMirror('directory', (log) => logs.find(({ name }) => name === log)?.source.read);
}

async function repairAll(settings: Settings, engine: OpenEngine, mirror: Mirror): Promise<RepairReport[]> {
  const progress = new Progress('repairing');
  const files = new MeteredFiles();
  const reports: RepairReport[] = [];
  const run = new Date().toISOString().replaceAll(':', '-');
  for (const head of engine.heads.all()) {
    progress.update(head.log);
    const repair = new Repair(
      {
        disk: engine.disk,
        dir: join(settings.data, 'ledger'),
        quarantine: join(settings.data, 'quarantine', run),
        manifest: engine.manifest,
        mirror,
        minimum: (log) => engine.minimums.of(log).index,
        read: (path) => files.read(path),
      },
      head,
    );
    reports.push(repair.report);
    try {
      await repair.run();
    } finally {
      await record(engine, head.log, repair.report, mirror);
    }
  }
  progress.done('done');
  return reports;
}

async function record(engine: OpenEngine, log: LogName, report: RepairReport, mirror: Mirror): Promise<void> {
  const [mended, unmended] = [report.mended.length, report.unmended.length];
  if (mended + unmended === 0) return;
  await recordNow(engine.pipeline, engine.tenants, {
    action: 'ledger_repaired',
    actor: 'repair',
    result: unmended === 0 ? 'success' : 'failure',
    log,
    details: { mended, unmended, mirror: mirror.kind },
  });
}

function lines({ log, mended, unmended }: RepairReport): string {
  const state = unmended.length > 0 ? 'DAMAGED' : mended.length > 0 ? 'mended ' : 'ok     ';
  const put = mended.map((path) => `\n  put back: ${log}/${path}`);
  const left = unmended.map((path) => `\n  not in the copy as it was sealed: ${log}/${path}`);
  return `${state}  ${log}${put.join('')}${left.join('')}`;
}
