import { fromBase64, toBase64 } from '../hash/bytes.js';
import { HASH_SIZE } from '../hash/tree-hash.js';
import { NoteError } from './note.js';

/** An offline inclusion proof (c2sp.org/tlog-proof@v1). */
export interface TlogProof {
  /** Ours: canonical JSON with the record itself, docs/formats/ledger.md. */
  readonly extra?: Uint8Array;
  readonly index: number;
  readonly path: readonly Uint8Array[];
  /** The signed checkpoint, as it was published. */
  readonly checkpoint: string;
}

const HEADER = 'c2sp.org/tlog-proof@v1';

export function formatTlogProof(proof: TlogProof): string {
  const extra = proof.extra === undefined ? [] : [`extra ${toBase64(proof.extra)}`];
  const lines = [HEADER, ...extra, `index ${proof.index}`, ...proof.path.map(toBase64), ''];
  return `${lines.join('\n')}\n${proof.checkpoint}`;
}

/** @throws NoteError `malformed_note` */
export function parseTlogProof(text: string): TlogProof {
  const malformed = new NoteError('malformed_note', 'This is not a tlog-proof.');
  const at = text.indexOf('\n\n');
  const lines = text.slice(0, at).split('\n');
  if (at < 0 || lines.shift() !== HEADER) throw malformed;
  const extra = lines[0]?.startsWith('extra ') ? fromBase64(lines.shift()?.slice(6) ?? '') : undefined;
  const index = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '')?.[1];
  const path = lines.map(fromBase64);
  if (
    extra === null ||
    index === undefined ||
    path.length > 63 ||
    !path.every((hash) => hash?.length === HASH_SIZE)
  )
    throw malformed;
  return {
    ...(extra === undefined ? {} : { extra }),
    index: Number(index),
    path: path as Uint8Array[],
    checkpoint: text.slice(at + 2),
  };
}
