import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { NoteSigner } from '../src/note/note.js';

/** An Ed25519 key whose seed is 32 times this byte, so that every run signs the same. */
export function testSigner(name: string, byte: number): NoteSigner {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const pub = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32));
  return { name, pub, sign: (message) => new Uint8Array(sign(null, message, key)) };
}
