import { parseStrict } from '../canonical/parse.js';
import { fromUtf8, toHex } from '../hash/bytes.js';
import { sha256 } from '../hash/tree-hash.js';
import { formatVkey, parseVkey } from '../note/note.js';

/** docs/formats/export.md */
export const EXPORT_FORMAT = 'prooflog-export@v1';

export interface ManifestLog {
  readonly stream: string;
  /** `<host>/<tenant id>/<stream>`; the name of the checkpoint's key. */
  readonly origin: string;
  /** Leaves under the checkpoint. */
  readonly size: number;
  /** Records of this log in the export. */
  readonly records: number;
  /** Leaves below it were pruned: their bytes are gone, their hashes are not. */
  readonly minimum_index?: number;
  /** How many of the records were not asked for: they prove the erasure of people in those that were. */
  readonly evidence?: number;
  /** Records of this log, of any time and matching or not, that are withheld because of a privacy incident. */
  readonly quarantined?: number;
}

export interface Manifest {
  readonly format: typeof EXPORT_FORMAT;
  readonly tenant: { readonly id: string; readonly slug: string };
  /** RFC 3339. */
  readonly created_at: string;
  readonly created_by: { readonly credential: string; readonly role: string };
  /** As asked for, without personal data. */
  readonly query: string;
  readonly from: string;
  readonly to: string;
  readonly streams: readonly string[];
  /** In all logs together. */
  readonly records: number;
  readonly logs: readonly ManifestLog[];
  /** Every other file but `manifest.note`: size in bytes, lower-case hex SHA-256. */
  readonly files: { readonly [name: string]: { readonly bytes: number; readonly sha256: string } };
}

/** Names of the files of one log. */
export const logFiles = (stream: string) => ({
  records: `records/${stream}.ndjson`,
  proofs: `proofs/${stream}.ndjson`,
  path: `proofs/${stream}.path`,
  checkpoint: `proofs/${stream}.checkpoint`,
});

/** What is signed about a manifest. Its second line is no number, so that nobody can take it for a checkpoint. */
export const manifestNoteText = (manifest: Uint8Array): string =>
  `${EXPORT_FORMAT}\n${toHex(sha256(manifest))}\n`;

/** The name that signs manifests: the origin of a log without its stream. */
export const tenantOfOrigin = (origin: string): string => origin.slice(0, origin.lastIndexOf('/'));

/**
 * The key of a log under the name of its tenant: one key signs both.
 * @throws NoteError `malformed_key`
 */
export function tenantVkey(vkey: string): string {
  const { name, pub } = parseVkey(vkey);
  return formatVkey(tenantOfOrigin(name) || name, pub);
}

/**
 * Those of the keys that count for a log: its own, and under its name those of its tenant's other logs, since one key
 * signs all of them.
 * @throws NoteError `malformed_key`
 */
export function vkeysFor(origin: string, vkeys: readonly string[]): string[] {
  const tenant = tenantOfOrigin(origin);
  const own = vkeys.flatMap((vkey) => {
    const { name, pub } = parseVkey(vkey);
    return name === origin || tenantOfOrigin(name) === tenant ? [formatVkey(origin, pub)] : [];
  });
  return [...new Set(own)];
}

type Members = { readonly [key: string]: unknown };
const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): boolean => typeof value === 'string';

const isLog = (log: unknown): boolean =>
  isObject(log) &&
  typeof log.stream === 'string' &&
  /^[a-z0-9][a-z0-9._-]{0,63}$/.test(log.stream) &&
  isText(log.origin) &&
  isCount(log.size) &&
  isCount(log.records) &&
  [log.minimum_index, log.evidence, log.quarantined].every((count) => count === undefined || isCount(count));

const isFile = (file: unknown): boolean => isObject(file) && isCount(file.bytes) && isText(file.sha256);

/** The manifest in these bytes, or null when they hold none that this version reads. */
export function readManifest(bytes: Uint8Array): Manifest | null {
  try {
    const value: unknown = parseStrict(fromUtf8(bytes) ?? '');
    const fits =
      isObject(value) &&
      value.format === EXPORT_FORMAT &&
      isObject(value.tenant) &&
      [value.tenant.id, value.tenant.slug, value.created_at, value.query, value.from, value.to].every(
        isText,
      ) &&
      isObject(value.created_by) &&
      [value.created_by.credential, value.created_by.role].every(isText) &&
      isCount(value.records) &&
      Array.isArray(value.streams) &&
      value.streams.every(isText) &&
      Array.isArray(value.logs) &&
      value.logs.every(isLog) &&
      isObject(value.files) &&
      Object.values(value.files).every(isFile);
    return fits ? (value as unknown as Manifest) : null;
  } catch {
    return null;
  }
}
