import { createPrivateKey, createPublicKey, sign } from 'node:crypto';

export interface SigningKey {
  /** 32 bytes. */
  readonly pub: Uint8Array;
  /** 64 bytes over the message (RFC 8032). */
  sign(message: Uint8Array): Uint8Array;
}

/** DER before the 32 bytes of an Ed25519 seed (RFC 8410 §7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The Ed25519 key of a seed of 32 bytes, as the keyring keeps it. */
export function signingKey(seed: Uint8Array): SigningKey {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    pub: new Uint8Array(spki.subarray(-32)),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}
