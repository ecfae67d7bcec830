import { readFile, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parseStrict } from '../canonical/parse.js';
import { tenantOfOrigin } from '../export/manifest.js';
import { parseLogVkey } from '../note/log-vkey.js';
import { parseNote } from '../note/note.js';
import { parseKept } from '../verify/continuation.js';
import { ERASURE_STREAM, type ErasedSubjects } from '../verify/erasure.js';
import { type LogReport, verifyLog } from '../verify/log.js';
import { verifyRecordProof } from '../verify/record.js';
import { followRotations } from '../verify/rotation.js';
import { type Policy, parsePolicy } from '../witness/policy.js';
import { isExport, runExport } from './run-export.js';
import { findLogs, httpSource, type NamedLog, SourceError, serverLogs } from './sources.js';

export interface VerifyIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What is checked when no target is named. */
  readonly target?: string;
  /** Finds the logs at a kind of address that only the caller can read; null when it is none of those. */
  readonly logsAt?: (target: string) => Promise<readonly NamedLog[]> | null;
}

const HELP = `Usage: prooflog verify PATH|URL|S3|PROOF|EXPORT [options]

Checks ledgers, exports, or the proof of one record, without trusting whoever wrote them.
Exit code: 0 verified, 1 tampering found (and located), 2 cannot tell.

  PATH    data directory, ledger directory or the directory of one log
  URL     address of a server, or of one log: http://host/ledger/TENANT/STREAM
  S3      s3://bucket/prefix: an archive, with the archive_ settings (the server's program only)
  PROOF   a .tlog-proof file
  EXPORT  the zip of an export, or the folder it was unpacked to

Options:
  --vkey VKEY        trust this verifier key (may be repeated). Without it the key that
                     lies beside the log is used: then whoever can replace the whole
                     log could replace its key too. Keep the vkey somewhere else.
  --rotation FILE    the proof that the log changed its key (may be repeated): the new key is
                     trusted then as the old one is; "prooflog key signing" gives it
  --checkpoint FILE  a checkpoint kept from earlier; the log must have grown from it
  --policy FILE      witnesses that must have cosigned, and logs to trust (c2sp.org/tlog-policy);
                     without its quorum the answer is "unknown"
  --record FILE      with PROOF: the record as it was shown
  --token KEY        key with the right to read (or PROOFLOG_KEY)
  --json             print one JSON document
  --help             this text

Examples:
  prooflog verify ./prooflog-data
  prooflog verify http://127.0.0.1:7117 --token "$PROOFLOG_KEY"
  prooflog verify export.zip --vkey 'prooflog.local/t1/audit+1a2b3c4d+AQ…'
  prooflog verify receipt.tlog-proof --vkey 'prooflog.local/t1/audit+1a2b3c4d+AQ…'
`;

interface Options {
  readonly vkeys: string[];
  readonly json: boolean;
  readonly token?: string;
  readonly checkpoint?: string;
  readonly record?: string;
  readonly policy?: Policy;
}

type Exit = 0 | 1 | 2;

/** The command line verifier. @returns the exit code. */
export async function runVerify(argv: readonly string[], io: VerifyIo): Promise<Exit> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        vkey: { type: 'string', multiple: true },
        rotation: { type: 'string', multiple: true },
        checkpoint: { type: 'string' },
        policy: { type: 'string' },
        record: { type: 'string' },
        token: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const target = positionals[0] ?? io.target;
    if (values.help) {
      io.out(HELP);
      return 0;
    }
    if (target === undefined) {
      io.err(HELP);
      return 2;
    }
    const token = values.token ?? io.env.PROOFLOG_KEY;
    const rotations = await Promise.all((values.rotation ?? []).map((file) => readFile(file, 'utf8')));
    const options: Options = {
      vkeys: followRotations(
        (values.vkey ?? []).map((key) => key.trim()),
        rotations,
      ),
      json: values.json ?? false,
      ...(token === undefined ? {} : { token }),
      ...(values.checkpoint === undefined ? {} : { checkpoint: await readFile(values.checkpoint, 'utf8') }),
      ...(values.policy === undefined ? {} : { policy: parsePolicy(await readFile(values.policy)) }),
      ...(values.record === undefined ? {} : { record: values.record }),
    };
    for (const vkey of options.vkeys) parseLogVkey(vkey);
    const logs = io.logsAt?.(target) ?? null;
    if (logs !== null) return await verifyLogs(await logs, options, io);
    if (!/^https?:/.test(target) && (await isExport(target))) return await runExport(target, options, io);
    return (await isProof(target))
      ? await verifyProofFile(target, options, io)
      : await verifyLogs(await logsAt(target, options), options, io);
  } catch (error) {
    io.err(
      `prooflog verify: ${error instanceof SourceError || isPlain(error) ? error.message : 'cannot tell; the target could not be read.'}\n`,
    );
    return 2;
  }
}

/** Errors of the file system and of the argument parser explain themselves. */
const isPlain = (error: unknown): error is Error => error instanceof Error && 'code' in error;

async function isProof(target: string): Promise<boolean> {
  if (/^https?:/.test(target)) return false;
  return (await stat(target)).isFile();
}

async function logsAt(target: string, options: Options): Promise<NamedLog[]> {
  if (!/^https?:/.test(target)) return findLogs(target);
  const url = target.replace(/\/+$/, '');
  const access = options.token === undefined ? {} : { token: options.token };
  return /\/ledger\/[^/]+\/[^/]+$/.test(url)
    ? [{ name: url, source: httpSource(url, access), own: false }]
    : serverLogs(url, access);
}

async function verifyLogs(logs: readonly NamedLog[], options: Options, io: VerifyIo): Promise<Exit> {
  const reports: NamedReport[] = [];
  const erasures = new Map<string, ErasedSubjects>();
  const kept = options.checkpoint;
  const started = Date.now();
  let shown = started;
  for (const log of erasuresFirst(logs)) {
    const onProgress = (done: number, size: number): void => {
      if (Date.now() - started < 2_000 || Date.now() - shown < 1_000) return;
      shown = Date.now();
      io.err(`${log.name}: ${done} of ${size}\n`);
    };
    const { erasures: learned, ...report } = await verifyLog(log.source, {
      vkeys: options.vkeys,
      onProgress,
      erased: (origin) => erasures.get(tenantOfOrigin(origin)),
      ...(log.own ? { name: log.name } : {}),
      ...policyOf(options),
      ...(kept === undefined || (logs.length > 1 && !isOf(kept, log.name))
        ? {}
        : { previousCheckpoint: kept }),
    });
    if (learned !== undefined) erasures.set(tenantOfOrigin(report.origin), learned);
    reports.push({ name: log.name, ...report });
  }
  if (kept !== undefined && logs.length > 1 && !logs.some((log) => isOf(kept, log.name)))
    reports.push(removed(kept));
  reports.sort((a, b) => (a.name < b.name ? -1 : 1));
  if (options.json) io.out(`${JSON.stringify({ logs: reports })}\n`);
  else for (const report of reports) io.out(describe(report));
  if (reports.length === 0) io.err('prooflog verify: there is no log here.\n');
  if (!options.json && reports.some((r) => r.key === 'own'))
    io.err('Checked with the keys that lie beside the logs; give --vkey to use your own.\n');
  if (reports.some((r) => r.status === 'tampered')) return 1;
  return reports.length > 0 && reports.every((r) => r.status === 'verified') ? 0 : 2;
}

type NamedReport = Omit<LogReport, 'erasures'> & { readonly name: string };

/** What the other logs hold of erased people is told by the erasures that were proven before. */
function erasuresFirst(logs: readonly NamedLog[]): NamedLog[] {
  const tells = (log: NamedLog): boolean => log.name.endsWith(`/${ERASURE_STREAM}`);
  return [...logs.filter(tells), ...logs.filter((log) => !tells(log))];
}

const policyOf = ({ policy }: Options): { policy?: Policy } => (policy === undefined ? {} : { policy });

const isOf = (checkpoint: string, name: string): boolean =>
  (checkpoint.split('\n')[0] ?? '').endsWith(`/${name}`);

/** Nothing of the log of the kept checkpoint is here any more. */
function removed(kept: string): NamedReport {
  const { origin } = parseKept(kept);
  const message = 'The log of the kept checkpoint is not here.';
  return {
    ...{ name: origin, origin, size: 0, root: '', status: 'tampered', key: 'none', records: 0 },
    counts: { verified: 0, expired: 0, erased: 0 },
    findings: [{ code: 'not_a_continuation', path: 'checkpoint', index: 0, message }],
  };
}

/** A witness may state any number of seconds; a date only shows those a calendar has. */
function stated(seconds: number): string {
  const date = new Date(seconds * 1_000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString();
}

function describe(report: NamedReport): string {
  const { expired, erased } = report.counts;
  const gone = `${expired > 0 ? `, ${expired} entries expired` : ''}${erased > 0 ? `, ${erased} records erased` : ''}`;
  const head = `${report.status.padEnd(8)}  ${report.name}  ${report.size} entries, ${report.records} records${gone}\n`;
  const lines = report.findings.map((f) => {
    const where = [
      f.index === undefined ? '' : `entry ${f.index}`,
      f.eventId === undefined ? '' : `event ${f.eventId}`,
    ]
      .filter((s) => s !== '')
      .join(', ');
    return `  ${f.code}: ${report.name}/${f.path}${where === '' ? '' : ` (${where})`}: ${f.message}\n`;
  });
  const forks = report.findings.flatMap(({ evidence }) =>
    evidence === undefined
      ? []
      : ['  both heads, signed by the log:\n', indented(evidence.kept, evidence.published)],
  );
  const seen = (report.witnesses ?? []).flatMap(({ name, time }) =>
    time === null ? [] : [`  witness ${name}: ${stated(time)}\n`],
  );
  const { witnessed, size } = report;
  const covered =
    witnessed !== undefined && witnessed < size
      ? `  witnesses cover the first ${witnessed} of ${size} entries\n`
      : '';
  return (
    head +
    seen.join('') +
    covered +
    lines.slice(0, 100).join('') +
    forks.join('') +
    (lines.length > 100 ? `  … and ${lines.length - 100} more\n` : '')
  );
}

const indented = (...notes: readonly string[]): string =>
  notes.map((note) => note.replaceAll(/^(?=.)/gm, '    ')).join('\n');

async function verifyProofFile(path: string, options: Options, io: VerifyIo): Promise<Exit> {
  const proofText = await readFile(path, 'utf8');
  const record =
    options.record === undefined
      ? undefined
      : (parseStrict(await readFile(options.record, 'utf8')) as object);
  const verdict = verifyRecordProof({
    proofText,
    vkeys: options.vkeys,
    ...policyOf(options),
    ...(record === undefined ? {} : { record }),
  });
  if (options.json) io.out(`${JSON.stringify(verdict)}\n`);
  else {
    io.out(`${verdict.state}  ${verdict.origin} entry ${verdict.index}\n`);
    for (const step of verdict.steps) io.out(`  ${step.ok ? 'ok  ' : 'FAIL'}  ${step.id}: ${step.detail}\n`);
  }
  if (verdict.steps.some((s) => s.id === 'signature' && !s.ok) && verdict.state === 'unknown')
    io.err(`Give the verifier key of ${signers(proofText)} with --vkey.\n`);
  return verdict.state === 'verified' ? 0 : verdict.state === 'tampered' ? 1 : 2;
}

function signers(proofText: string): string {
  return parseNote(proofText.slice(proofText.indexOf('\n\n') + 2))
    .signatures.map((s) => s.name)
    .join(', ');
}
