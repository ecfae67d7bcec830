import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ExportFiles, verifyExport } from '../verify/export/index.js';
import type { Counts, ExportFinding, ExportReport } from '../verify/export/report.js';
import { looksLikeZip, openZip } from './zip-reader.js';

export interface ExportOptions {
  readonly vkeys: readonly string[];
  readonly json: boolean;
  readonly checkpoint?: string;
}

interface Out {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isFile(),
    () => false,
  );

/** Whether an export lies here: a zip, or a folder with a signed manifest. */
export async function isExport(target: string): Promise<boolean> {
  if ((await stat(target)).isFile()) return looksLikeZip(target);
  return (await exists(join(target, 'manifest.note'))) || exists(join(target, 'manifest.json'));
}

const OWN = ['README.md', 'verify.mjs', 'vkeys', 'manifest.json', 'manifest.note'];

/** An unpacked export. What else lies in the folder is none of its business, but in its own folders it is. */
async function folderFiles(dir: string): Promise<ExportFiles> {
  const names = [];
  for (const name of OWN) if (await exists(join(dir, name))) names.push(name);
  for (const folder of ['records', 'proofs'])
    for (const entry of await readdir(join(dir, folder), { withFileTypes: true }).catch(() => []))
      names.push(`${folder}/${entry.name}`);
  return { names, read: (name) => readFile(join(dir, name)) };
}

/** Verifies an export and tells. @returns 0 verified, 1 tampered, 2 cannot tell. */
export async function runExport(target: string, options: ExportOptions, io: Out): Promise<0 | 1 | 2> {
  const zip = (await stat(target)).isFile() ? await openZip(target) : null;
  try {
    const report = await verifyExport(zip ?? (await folderFiles(target)), {
      vkeys: options.vkeys,
      ...(options.checkpoint === undefined ? {} : { previousCheckpoint: options.checkpoint }),
    });
    if (options.json) io.out(`${JSON.stringify({ export: report })}\n`);
    else io.out(describe(report));
    if (!options.json && report.key === 'own')
      io.err('Checked with the keys inside the export; give --vkey to use your own.\n');
    return report.state === 'verified' ? 0 : report.state === 'tampered' ? 1 : 2;
  } finally {
    await zip?.close();
  }
}

const SHOWN = 100;

/** `3 verified, 1 erased`; what there is none of is not mentioned, but for the verified. */
const told = (counts: Counts): string =>
  Object.entries(counts)
    .filter(([name, n]) => n > 0 || name === 'verified')
    .map(([name, n]) => `${n} ${name}`)
    .join(', ');

function describe({ state, manifest, counts, logs, findings, open }: ExportReport): string {
  const made =
    manifest === null ? '' : `, made ${manifest.created_at} by ${printable(manifest.created_by.credential)}`;
  const lines = [
    `${state.padEnd(8)}  export of ${printable(manifest?.tenant.slug ?? '?')}${made}: ${told(counts)}`,
    ...logs.map(
      (log) =>
        `  ${log.stream}: ${told(log.counts)}, under ${printable(log.origin)} of ${log.size} entries${log.whole ? ' (the whole log)' : ''}`,
    ),
    ...findings.slice(0, SHOWN).map((finding) => `  ${sentence(finding)}`),
    ...(findings.length > SHOWN ? [`  … and ${findings.length - SHOWN} more`] : []),
    ...open.slice(0, SHOWN).map((reason) => `  cannot tell: ${printable(reason)}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** Texts of the export itself must not steer a terminal. */
const printable = (text: string): string => text.replaceAll(/[^\u0020-\u007e]/g, '?');

function sentence({ code, path, line, leaf, eventId, message }: ExportFinding): string {
  const where = [
    line === undefined ? '' : `line ${line}`,
    leaf === undefined ? '' : `entry ${leaf}`,
    eventId === undefined ? '' : `event ${eventId}`,
  ].filter((s) => s !== '');
  return printable(`${code}: ${path}${where.length === 0 ? '' : ` (${where.join(', ')})`}: ${message}`);
}
