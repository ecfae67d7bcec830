import { join } from 'node:path';
import type { Disk } from '../base/disk.js';
import { Keyring } from '../base/keyring.js';
import type { Settings } from '../base/settings.js';
import { Transit } from '../base/transit.js';
import { unwrapMaster } from '../base/wrapped-master.js';
import { KeyringKeys, TransitKeys } from '../ledger/key-stores.js';
import type { KeyStores } from '../ledger/signing-keys.js';

/** The keyring and where signing keys lie: in it, or in a key service where the settings name one. */
export async function openKeys(
  disk: Disk,
  settings: Settings,
): Promise<{ keyring: Keyring; stores: KeyStores }> {
  const dir = join(settings.data, 'keys');
  if (settings.transit_url === '') {
    const keyring = await Keyring.open(disk, dir, settings.master_key || undefined);
    return { keyring, stores: { keyring: new KeyringKeys(keyring) } };
  }
  const { transit_url: url, transit_mount: mount, transit_token: token } = settings;
  const transit = new Transit({ url, mount, token });
  const keyring = await Keyring.open(disk, dir, await unwrapMaster(disk, dir, transit));
  return { keyring, stores: { keyring: new KeyringKeys(keyring), transit: new TransitKeys(transit) } };
}
