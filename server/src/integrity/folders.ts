import { join } from 'node:path';
import type { LogName } from '../event/stages.js';
import { names } from './files.js';
import { type Scene, type Steps, until } from './scene.js';

/** Stands for what lies beside the logs: `<tenant>/-`, or `-/-` for the ledger's own folder. */
const besides = (tenant: string): LogName => `${tenant}/-`;

/**
 * Files and folders between the logs. A folder without a head may be a log whose first entries are just being
 * sealed, so it is looked at again when that is settled.
 * @returns the pseudo-logs that were gone through, or null when the sealer did not get on.
 */
export async function* checkFolders(
  scene: Scene,
  isTenant: (id: string) => boolean,
): Steps<Set<LogName> | null> {
  const strange = new Map<string, LogName>();
  const seen = new Set<LogName>([besides('-')]);
  for (const tenant of await names(scene.dir)) {
    if (!isTenant(tenant.name) || !tenant.isDirectory()) {
      await scene.report(besides('-'), { code: 'file_added', path: tenant.name });
      continue;
    }
    seen.add(besides(tenant.name));
    for (const stream of await names(join(scene.dir, tenant.name))) {
      const log: LogName = `${tenant.name}/${stream.name}`;
      if (!stream.isDirectory() || scene.heads.get(log) === undefined) strange.set(log, besides(tenant.name));
    }
    yield 'work';
  }
  const begun = scene.sealing.begun();
  if (strange.size > 0 && !(yield* until(() => scene.sealing.settled() >= begun))) return null;
  for (const [log, under] of strange) {
    const [tenant = '', name = ''] = log.split('/');
    const now = (await names(join(scene.dir, tenant))).find((entry) => entry.name === name);
    if (now === undefined || (now.isDirectory() && scene.heads.get(log as LogName) !== undefined)) continue;
    await scene.report(under, { code: 'file_added', path: name });
  }
  return seen;
}
