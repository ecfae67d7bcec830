import { createCipheriv, createDecipheriv } from 'node:crypto';

/** AES-256-GCM (NIST SP 800-38D) with nonces of 12 and tags of 16 bytes; no others are taken. */
export const NONCE = 12;
export const TAG = 16;

/** @returns ciphertext ‖ tag. */
export function encrypt(key: Buffer, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG }).setAAD(aad);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** What was encrypted, or null when key, nonce, `aad` or bytes are not the ones it was encrypted with. */
export function decrypt(key: Buffer, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer | null {
  if (nonce.length !== NONCE || sealed.length < TAG) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  decipher.setAAD(aad).setAuthTag(sealed.subarray(-TAG));
  try {
    // What `update` gives out is not authentic before `final` says so: nothing leaves this function earlier.
    const plain = decipher.update(sealed.subarray(0, -TAG));
    decipher.final();
    return plain;
  } catch {
    return null;
  }
}
