import {
  consistencyPath,
  type FileReader,
  followRotations,
  fromBase64,
  parseCheckpoint,
  parseTlogProof,
  type RecordVerdict,
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

export interface Check extends RecordVerdict {
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
 * Checks a record here, in the browser: its hash, its place in the tree, the signature, and that the log has only
 * grown since this browser last saw it. Nothing the server says about validity is used.
 */
export async function checkRecord(record: StoredRecord, memory: Memory): Promise<Check> {
  const [proofText, { logs }] = await Promise.all([
    getText(`/v1/events/${record.event_id}/proof`),
    get<{ logs: TrustedLog[] }>('/v1/logs-of-trust'),
  ]);
  const log = logs.find((l) => l.stream === record.stream);
  const offered = log?.vkeys ?? [];
  const before = log === undefined ? undefined : memory.read(log.origin);
  const trusted = await keysToTrust(before?.vkey, offered);
  const verdict = verifyRecordProof({ record, proofText, vkeys: trusted });
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

export const proofIndex = (proofText: string): number => parseTlogProof(proofText).index;
