import { parseStrict } from '../canonical/parse.js';
import { tenantOfOrigin } from '../export/manifest.js';
import { equalBytes, fromUtf8 } from '../hash/bytes.js';
import { parseCheckpoint } from '../note/checkpoint.js';
import { formatVkey, NoteError, parseVkey, type Vkey } from '../note/note.js';
import { parseTlogProof } from '../note/tlog-proof.js';
import { verifyRecordProof } from './record.js';

/** Only the log in which the platform records changes of keys can speak of them; no sender writes to it. */
const SPEAKS = '/admin';

interface Rotation {
  /** Origin of the log the record stands in. */
  readonly origin: string;
  readonly from: Vkey;
  readonly to: Vkey;
  readonly proofText: string;
}

/**
 * Trust handed on: who trusts a key also trusts the one that took its place, where the record of that change
 * (`signing_key_rotated`, docs/formats/ledger.md) is proven under a checkpoint the trusted key signed.
 * @param vkeys of logs or tenants; a key counts for all logs of its tenant, since one key signs them all.
 * @param proofs c2sp.org/tlog-proof@v1, in any order.
 * @returns the keys, and those that follow from them.
 * @throws NoteError `malformed_note` when a proof is not of such a record, `malformed_key`.
 */
export function followRotations(vkeys: readonly string[], proofs: readonly string[]): string[] {
  const trusted = new Set(vkeys);
  const rotations = proofs.map(readRotation);
  for (let before = -1; before < trusted.size; ) {
    before = trusted.size;
    for (const vkey of [...trusted]) for (const next of follow(parseVkey(vkey), rotations)) trusted.add(next);
  }
  return [...trusted];
}

const follow = (key: Vkey, rotations: readonly Rotation[]): string[] =>
  rotations
    .filter(({ from, origin, proofText }) => {
      const tenant = tenantOfOrigin(origin);
      const own = key.name === tenant || tenantOfOrigin(key.name) === tenant;
      if (!own || !equalBytes(key.pub, from.pub)) return false;
      return verifyRecordProof({ proofText, vkeys: [formatVkey(origin, key.pub)] }).state === 'verified';
    })
    .map(({ to }) => formatVkey(key.name, to.pub));

function readRotation(proofText: string): Rotation {
  const { extra, checkpoint } = parseTlogProof(proofText);
  const { origin } = parseCheckpoint(checkpoint.slice(0, checkpoint.lastIndexOf('\n\n') + 1));
  const { record } = parseStrict(fromUtf8(extra ?? new Uint8Array()) ?? 'null') as {
    record?: { action?: unknown; metadata?: { details?: { vkey?: unknown; previous_vkey?: unknown } } };
  };
  const { vkey, previous_vkey } = record?.metadata?.details ?? {};
  if (
    !origin.endsWith(SPEAKS) ||
    record?.action !== 'signing_key_rotated' ||
    typeof vkey !== 'string' ||
    typeof previous_vkey !== 'string'
  )
    throw new NoteError('malformed_note', 'This is not the proof of a change of keys.');
  return { origin, from: parseVkey(previous_vkey), to: parseVkey(vkey), proofText };
}
