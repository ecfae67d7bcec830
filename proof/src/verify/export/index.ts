import {
  type Manifest,
  manifestNoteText,
  readManifest,
  tenantOfOrigin,
  tenantVkey,
} from '../../export/manifest.js';
import { fromUtf8, toHex } from '../../hash/bytes.js';
import { sha256 } from '../../hash/tree-hash.js';
import { parseCheckpoint } from '../../note/checkpoint.js';
import { parseLogVkey } from '../../note/log-vkey.js';
import { NoteError, parseNote, parseVkey } from '../../note/note.js';
import { anotherKey, trustOf } from '../../note/trusted.js';
import { ERASURE_STREAM, type ErasedSubjects } from '../erasure.js';
import type { Keys, Sink } from './input.js';
import { verifyExportedLog } from './log.js';
import { type ExportReport, noCounts } from './report.js';

/** The files of an export, from a zip, a directory or memory. */
export interface ExportFiles {
  readonly names: readonly string[];
  /** Throws when the file is there and cannot be read as it should be (a checksum that does not hold). */
  read(name: string): Promise<Uint8Array>;
}

export interface VerifyExportOptions {
  /** Keys the caller trusts; the keys inside are used only when this is empty. */
  readonly vkeys?: readonly string[];
  /** A checkpoint kept from earlier. */
  readonly previousCheckpoint?: string;
}

const NONE = new Uint8Array();

/**
 * Checks an export (docs/formats/export.md), trusting nothing but the keys.
 * @throws NoteError when a key or checkpoint of the caller's cannot be read; nothing of the export throws.
 */
export async function verifyExport(
  files: ExportFiles,
  options: VerifyExportOptions = {},
): Promise<ExportReport> {
  const sink: Sink = { findings: [], records: [], open: [] };
  const trusted = options.vkeys ?? [];
  for (const vkey of trusted) parseLogVkey(vkey);
  const kept =
    options.previousCheckpoint === undefined
      ? undefined
      : parseCheckpoint(parseNote(options.previousCheckpoint).text);
  const read = async (name: string): Promise<Uint8Array> =>
    files.names.includes(name) ? files.read(name).catch(() => NONE) : NONE;
  const inside = ownKeys(await read('vkeys'));
  const keys = trusted.length > 0 ? { vkeys: trusted, beside: inside } : { vkeys: inside, beside: [] };
  const manifest = checkManifest(await read('manifest.json'), await read('manifest.note'), keys, sink);
  if (manifest !== null) await checkFiles(manifest, files, sink);
  const logs = [];
  const erased = new Map<string, ErasedSubjects>();
  for (const stream of erasuresFirst(streamsOf(manifest, files.names))) {
    const stated = manifest?.logs.find((log) => log.stream === stream);
    logs.push(await verifyExportedLog({ stream, stated, ...keys, kept, erased, read }, sink));
  }
  if (kept !== undefined && !logs.some((log) => log.origin === kept.origin))
    sink.open.push('The kept checkpoint is of a log that is not in this export.');
  const counts = noCounts();
  for (const { state } of sink.records) counts[state] += 1;
  if (manifest !== null && sink.findings.length === 0 && manifest.records !== sink.records.length)
    sink.findings.push({
      code: 'manifest_invalid',
      path: 'manifest.json',
      message: `It names ${manifest.records} records; there are ${sink.records.length}.`,
    });
  return {
    state:
      sink.findings.length > 0 || counts.tampered > 0
        ? 'tampered'
        : sink.open.length > 0 || counts.unknown > 0
          ? 'unknown'
          : 'verified',
    key: trusted.length > 0 ? 'trusted' : 'own',
    manifest,
    counts,
    logs,
    ...sink,
  };
}

/** A line that is no key is left out: the manifest says that the file was altered. */
function ownKeys(bytes: Uint8Array): string[] {
  return (fromUtf8(bytes) ?? '').split('\n').filter((line) => {
    try {
      return parseVkey(line) !== null;
    } catch {
      return false;
    }
  });
}

function streamsOf(manifest: Manifest | null, names: readonly string[]): string[] {
  if (manifest !== null) return manifest.logs.map((log) => log.stream);
  return names.flatMap((name) => /^records\/([a-z0-9][a-z0-9._-]{0,63})\.ndjson$/.exec(name)?.[1] ?? []);
}

/** What the other logs hold of erased people is told by the erasures that were proven before. */
const erasuresFirst = (streams: readonly string[]): string[] =>
  [...streams].sort((a, b) => Number(b === ERASURE_STREAM) - Number(a === ERASURE_STREAM));

function checkManifest(
  bytes: Uint8Array,
  note: Uint8Array,
  { vkeys, beside }: Keys,
  sink: Sink,
): Manifest | null {
  const wrong = (path: string, message: string): void =>
    void sink.findings.push({ code: 'manifest_invalid', path, message });
  const manifest = readManifest(bytes);
  if (manifest === null) wrong('manifest.json', 'It is missing or cannot be read.');
  try {
    const { text, signatures } = parseNote(note);
    if (text !== manifestNoteText(bytes)) wrong('manifest.json', 'It is not what manifest.note signs.');
    const signer = signatures[0]?.name ?? '';
    const foreign = manifest?.logs.find((log) => tenantOfOrigin(log.origin) !== signer);
    if (foreign !== undefined)
      wrong('manifest.note', `It is signed by ${signer}, which is not the tenant of the logs.`);
    const ofSigner = (all: readonly string[]): string[] =>
      [...new Set(all.flatMap((vkey) => [vkey, tenantVkey(vkey)]))].filter((key) =>
        key.startsWith(`${signer}+`),
      );
    const own = ofSigner(vkeys);
    const { trust } = trustOf(note, signer, own, ofSigner(beside));
    if (own.length === 0) sink.open.push(`There is no key for ${signer}.`);
    else if (trust === 'another key') sink.open.push(anotherKey('The manifest'));
    else if (trust === 'none') wrong('manifest.note', `None of the signatures is by a key of ${signer}.`);
  } catch (error) {
    wrong('manifest.note', error instanceof NoteError ? error.message : 'It cannot be read.');
  }
  return manifest;
}

const BESIDE = new Set(['manifest.json', 'manifest.note']);

async function checkFiles(manifest: Manifest, files: ExportFiles, sink: Sink): Promise<void> {
  const listed = new Map(Object.entries(manifest.files));
  for (const name of files.names)
    if (!listed.has(name) && !BESIDE.has(name))
      sink.findings.push({
        code: 'file_added',
        path: name,
        message: 'The manifest does not name this file.',
      });
  for (const [name, { bytes, sha256: wanted }] of listed) {
    if (!files.names.includes(name)) {
      sink.findings.push({ code: 'file_missing', path: name, message: 'The file is missing.' });
      continue;
    }
    const content = await files.read(name).catch(() => null);
    if (content === null || content.length !== bytes || toHex(sha256(content)) !== wanted)
      sink.findings.push({ code: 'file_altered', path: name, message: 'The file is not what was signed.' });
  }
}
