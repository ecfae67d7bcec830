import {
  consistencyPath,
  erasedSubject,
  type FileReader,
  followRotations,
  fromBase64,
  hashOfRecord,
  parseCheckpoint,
  parseTlogProof,
  type RecordVerdict,
  subjectsOf,
  tileHashes,
  toBase64,
  verifyConsistency,
  verifyRecordProof,
} from '@prooflog/proof';
import {
  ApiError,
  get,
  getText,
  request,
  type SigningKeys,
  type StoredRecord,
  type TrustedLog,
} from '../../api/client';
import { type Growth, growth, type Memory } from './memory';

export interface Check extends Omit<RecordVerdict, 'state'> {
  /** `erased`: verified, and so is the record of the erasure of a person in it. */
  readonly state: RecordVerdict['state'] | 'erased';
  readonly checkpoint: string;
  readonly proofText: string;
  readonly vkey: string;
  readonly growth: Growth;
}

/** Reads files of a log; a missing one is null, as the tile reader wants it. */
const reader =
  (path: string): FileReader =>
  async (file) => {
    try {
      return new Uint8Array(await (await request('GET', `${path}/${file}`)).arrayBuffer());
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 404) return null;
      throw error;
    }
  };

/** The key this browser saw first is the one that counts, and those that are proven to have taken its place. */
async function keysToTrust(seen: string | undefined, offered: readonly string[]): Promise<readonly string[]> {
  if (seen === undefined) return offered;
  if (offered.includes(seen)) return [seen];
  const { keys } = await get<SigningKeys>('/v1/signing-keys');
  return followRotations(
    [seen],
    keys.flatMap(({ rotation }) => rotation ?? []),
  );
}

/**
 * Checks a record here, in the browser: its hash, its place in the tree, the signature, that the log has only grown
 * since this browser last saw it, and the erasure of people in it. Nothing the server says about validity is used.
 */
export async function checkRecord(record: StoredRecord, memory: Memory): Promise<Check> {
  const check = await checkPlace(record, memory);
  if (check.state !== 'verified') return check;
  return (await isErased(record, memory)) ? { ...check, state: 'erased' } : check;
}

async function isErased(record: StoredRecord, memory: Memory): Promise<boolean> {
  const subjects = subjectsOf(record);
  for (const { event_id } of record.erased_by ?? []) {
    const erasure = await get<StoredRecord>(`/v1/events/${encodeURIComponent(event_id)}`);
    const subject = erasedSubject(erasure);
    if (subject === null || !subjects.has(subject) || erasure.tenant.id !== record.tenant.id) continue;
    if ((await checkPlace(erasure, memory)).state === 'verified') return true;
  }
  return false;
}

/**
 * The record as it was sealed. One that is shown without its network addresses has another hash than the one beside it:
 * then the record in the proof counts, if it has that hash.
 */
function sealedRecord(record: StoredRecord, proofText: string): object {
  if (record.anonymised === undefined) return record;
  const { extra } = parseTlogProof(proofText);
  const { record: sealed } = JSON.parse(new TextDecoder().decode(extra)) as { record?: object };
  return sealed !== undefined && hashOfRecord(sealed) === record.integrity.hash ? sealed : record;
}

async function checkPlace(record: StoredRecord, memory: Memory): Promise<Check> {
  const [proofText, { logs }] = await Promise.all([
    getText(`/v1/events/${record.event_id}/proof`),
    get<{ logs: TrustedLog[] }>('/v1/logs-of-trust'),
  ]);
  const log = logs.find((l) => l.stream === record.stream);
  const offered = log?.vkeys ?? [];
  const before = log === undefined ? undefined : memory.read(log.origin);
  const trusted = await keysToTrust(before?.vkey, offered);
  const verdict = verifyRecordProof({ record: sealedRecord(record, proofText), proofText, vkeys: trusted });
  const inForce = trusted.findLast((key) => offered.includes(key));
  const vkey = inForce ?? before?.vkey ?? '';
  const seen = before === undefined ? undefined : { ...before, vkey };
  const checkpoint = proofText.slice(proofText.indexOf('\n\n') + 2);
  if (verdict.state !== 'verified' || log === undefined)
    return {
      ...verdict,
      checkpoint,
      proofText,
      vkey,
      growth: { state: 'unknown', detail: 'Not looked at, since the checks above do not hold.' },
    };
  const head = parseCheckpoint(checkpoint.slice(0, checkpoint.lastIndexOf('\n\n') + 1));
  const grown = await growth(
    seen,
    { size: head.size, root: toBase64(head.root), vkey: inForce ?? '' },
    async (earlier) => {
      const path = await consistencyPath(earlier.size, head.size, tileHashes(head.size, reader(log.path)));
      const root1 = fromBase64(earlier.root) ?? new Uint8Array();
      return verifyConsistency({ size1: earlier.size, size2: head.size, root1, root2: head.root, path });
    },
  );
  if (grown.state === 'grown' || grown.state === 'first')
    memory.write(log.origin, { size: head.size, root: toBase64(head.root), vkey });
  return {
    ...verdict,
    state: grown.state === 'changed' ? 'tampered' : verdict.state,
    checkpoint,
    proofText,
    vkey,
    growth: grown,
  };
}
