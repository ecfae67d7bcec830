import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';

/**
 * Folder of a Go module, fetched into Go's own cache when it is not there yet: test vectors of others, which are not
 * kept here. Null where there is no Go or no network.
 * @param sum of the module's files, as in a go.sum.
 */
export function goModule(path: string, version: string, sum: string): string | null {
  const { stdout, error } = spawnSync('go', ['mod', 'download', '-json', `${path}@${version}`], {
    cwd: tmpdir(),
    env: { ...process.env, GOWORK: 'off', GOTOOLCHAIN: 'local' },
    encoding: 'utf8',
  });
  if (error !== undefined) return null;
  const got = JSON.parse(stdout || '{}') as { Dir?: string; Sum?: string };
  if (got.Dir === undefined) return null;
  if (got.Sum !== sum) throw new Error(`${path} is not what it was`);
  return got.Dir;
}
