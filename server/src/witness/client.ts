import {
  type Note,
  NoteError,
  type NoteSignature,
  parseSignatureLines,
  type Vkey,
  verifyCosignatures,
} from '@prooflog/proof';
import { systemCode } from '../base/errors.js';

/** A witness of a policy that can be asked. */
export interface RemoteWitness {
  /** As in the policy file. */
  readonly name: string;
  readonly key: Vkey;
  /** Submission prefix (c2sp.org/tlog-witness), without a slash at its end. */
  readonly url: string;
}

export type WitnessReply =
  | { readonly kind: 'cosigned'; readonly signature: NoteSignature }
  /** It saw a tree of another size last. */
  | { readonly kind: 'elsewhere'; readonly size: number };

/** A witness that did not do as asked. The message is in our own words and safe to log. */
export class WitnessError extends Error {
  override readonly name = 'WitnessError';
  readonly code = 'witness_failed';
}

const TIMEOUT_MS = 10_000;
/** Bytes of a reply; a witness may send several cosignatures, ML-DSA-44 ones of 3.3 KB among them. */
const REPLY_LIMIT = 64 * 1_024;

/**
 * `POST /add-checkpoint`.
 * @param note what is in the body, to check the cosignature against.
 * @throws WitnessError
 */
export async function askWitness(
  witness: RemoteWitness,
  note: Note,
  body: string,
  signal: AbortSignal,
): Promise<WitnessReply> {
  const { status, text } = await post(
    `${witness.url}/add-checkpoint`,
    body,
    AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  );
  if (status === 200) return { kind: 'cosigned', signature: ownCosignature(witness, note, text) };
  const size = /^(0|[1-9]\d{0,15})\n$/.exec(text)?.[1];
  if (status === 409 && size !== undefined) return { kind: 'elsewhere', size: Number(size) };
  throw new WitnessError(`It answered ${status}.`);
}

async function post(
  url: string,
  body: string,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  try {
    // A redirect would send the checkpoint, and our trust in the answer, somewhere nobody configured.
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal });
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > REPLY_LIMIT) throw new WitnessError('Its answer is too long.');
      chunks.push(chunk);
    }
    return { status: response.status, text: Buffer.concat(chunks).toString() };
  } catch (error) {
    if (error instanceof WitnessError) throw error;
    const code = systemCode(error instanceof Error ? error.cause : undefined);
    throw new WitnessError(`It does not answer${code === '' ? '' : ` (${code})`}.`, { cause: error });
  }
}

/** Signatures by keys that are not the witness's are passed over, as the specification has it. */
function ownCosignature(witness: RemoteWitness, note: Note, lines: string): NoteSignature {
  try {
    for (const signature of parseSignatureLines(lines))
      if (verifyCosignatures({ text: note.text, signatures: [signature] }, [witness.key]).length > 0)
        return signature;
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
  }
  throw new WitnessError('Its answer holds no valid cosignature by its key.');
}
