import { signingKey } from '../../src/base/ed25519.js';
import type { Keyring } from '../../src/base/keyring.js';
import { Signer } from '../../src/ledger/signer.js';

/** One key for each tenant, out of the keyring. */
export const keyringSigner = (keyring: Keyring): Signer =>
  new Signer(async (tenant) => [signingKey(await keyring.getOrCreate(`sign/${tenant}`))]);
