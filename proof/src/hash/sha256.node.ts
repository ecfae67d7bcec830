import { hash } from 'node:crypto';

/**
 * SHA-256 by OpenSSL, one shot. Asking for a string and copying it into the pool costs a third of asking for a
 * buffer, which gets a memory block of its own.
 * @returns 32 bytes.
 */
export const sha256 = (data: Uint8Array): Uint8Array => Buffer.from(hash('sha256', data, 'binary'), 'latin1');
