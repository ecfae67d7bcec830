import { concat, equalBytes, utf8 } from '../hash/bytes.js';
import { verifyEd25519 } from './ed25519.js';
import {
  formatVkey,
  type Note,
  NoteError,
  type NoteSignature,
  type NoteSigner,
  noteKeyId,
  type Vkey,
} from './note.js';

/** Ed25519 cosignatures: algorithm byte of their keys (c2sp.org/tlog-cosignature). */
export const ALG_COSIGNATURE_V1 = 4;
/** ML-DSA-44 cosignatures: known by name only, since Node 20 has no ML-DSA. */
export const ALG_ML_DSA_44 = 6;

/** A kind of cosignature. Another one is another entry in {@link KINDS}; nothing else knows the differences. */
interface CosignatureKind {
  /** Seconds since 1970 that the cosignature states, or null when it does not hold. */
  verify(key: Vkey, text: string, signature: Uint8Array): number | null;
}

/**
 * What an Ed25519 cosigner signs: two lines of its own, then the whole text of the note.
 * @param seconds since 1970
 */
export const cosignedMessage = (text: string, seconds: number): Uint8Array =>
  utf8(`cosignature/v1\ntime ${seconds}\n${text}`);

const ed25519: CosignatureKind = {
  verify(key, text, signature) {
    if (signature.length !== 72) return null;
    const seconds = new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0);
    // Times no clock shows (the specification allows up to 2^63 − 1) would lose digits in a number.
    if (seconds > BigInt(Number.MAX_SAFE_INTEGER)) return null;
    const time = Number(seconds);
    return verifyEd25519(key.pub, cosignedMessage(text, time), signature.subarray(8)) ? time : null;
  },
};

const KINDS: ReadonlyMap<number, CosignatureKind> = new Map([[ALG_COSIGNATURE_V1, ed25519]]);

/** Whether cosignatures by this key can be checked here. */
export const canVerifyCosigner = (key: Vkey): boolean => KINDS.has(key.alg);

/** The verifier key of an Ed25519 cosigner. @throws NoteError `malformed_key` */
export const formatCosignerVkey = (name: string, pub: Uint8Array): string =>
  formatVkey(name, pub, ALG_COSIGNATURE_V1);

export interface Cosignature {
  readonly key: Vkey;
  /** Seconds since 1970 at which the cosigner says it saw this as the latest tree. */
  readonly time: number;
}

/**
 * The cosignatures under a note by any of these keys, in the order of the keys; the newest where one key has
 * several. Signatures by unknown keys, and by keys of an algorithm that is not spoken here, are passed over.
 * @throws NoteError `bad_signature` when one by a known key does not hold: that condemns the note (c2sp.org/signed-note).
 */
export function verifyCosignatures(note: Note, keys: readonly Vkey[]): Cosignature[] {
  return keys.flatMap((key): Cosignature[] => {
    const kind = KINDS.get(key.alg);
    if (kind === undefined) return [];
    const times = note.signatures
      .filter((s) => s.name === key.name && equalBytes(s.id, key.id))
      .map((s) => {
        const time = kind.verify(key, note.text, s.signature);
        if (time === null)
          throw new NoteError('bad_signature', `The cosignature of ${key.name} does not hold.`);
        return time;
      });
    return times.length === 0 ? [] : [{ key, time: Math.max(...times) }];
  });
}

/**
 * An Ed25519 cosignature on the text of a checkpoint. Whoever calls has checked the tree.
 * @param seconds since 1970
 */
export async function cosign(text: string, signer: NoteSigner, seconds: number): Promise<NoteSignature> {
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(seconds));
  return {
    name: signer.name,
    id: noteKeyId(signer.name, ALG_COSIGNATURE_V1, signer.pub),
    signature: concat(time, await signer.sign(cosignedMessage(text, seconds))),
  };
}
