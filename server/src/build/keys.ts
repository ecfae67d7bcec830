import { join } from 'node:path';
import type { Disk } from '../base/disk.js';
import { Keyring } from '../base/keyring.js';
import type { Settings } from '../base/settings.js';
import { Transit } from '../base/transit.js';
import { unwrapMaster } from '../base/wrapped-master.js';
import { EitherSigner, KeyringSigner, type Signer, signingSeed } from '../ledger/signer.js';
import { TransitSigner } from '../ledger/transit-signer.js';

/** The keyring and whoever signs: the installation's own keys, or a key service where the settings name one. */
export async function openKeys(
  disk: Disk,
  settings: Settings,
): Promise<{ keyring: Keyring; signer: Signer }> {
  const dir = join(settings.data, 'keys');
  if (settings.transit_url === '') {
    const keyring = await Keyring.open(disk, dir, settings.master_key || undefined);
    return { keyring, signer: new KeyringSigner(keyring) };
  }
  const { transit_url: url, transit_mount: mount, transit_token: token } = settings;
  const transit = new Transit({ url, mount, token });
  const keyring = await Keyring.open(disk, dir, await unwrapMaster(disk, dir, transit));
  return { keyring, signer: signerOf(keyring, transit) };
}

/** Tenants that began with a key of the keyring keep it; who holds their vkey would take another for tampering. */
function signerOf(keyring: Keyring, transit: Transit): Signer {
  const own = new KeyringSigner(keyring);
  const remote = new TransitSigner(transit);
  return new EitherSigner((tenant) => (keyring.get(signingSeed(tenant)) === undefined ? remote : own));
}
