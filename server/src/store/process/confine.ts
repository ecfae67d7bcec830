import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folders a confined program may see, besides the system's libraries. */
export interface Sight {
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** What any program needs; the engine reads its memory limit from the control group. */
const SYSTEM = ['/usr', '/lib', '/lib64', '/bin', '/etc/ld.so.cache', '/sys/fs/cgroup'];

/** Arguments of bubblewrap: own network, processes, /tmp; nothing of the machine but what is named. */
function bubblewrap(sight: Sight): string[] {
  return [
    ...['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    ...SYSTEM.flatMap((path) => ['--ro-bind-try', path, path]),
    ...sight.read.flatMap((path) => ['--ro-bind', path, path]),
    ...sight.write.flatMap((path) => ['--bind', path, path]),
    ...['--chdir', sight.write[0] ?? '/', '--'],
  ];
}

/** Where the program and what it imports live. */
export function programFolders(entry: string): string[] {
  const folders = new Set([process.execPath, dirname(dirname(entry))]);
  for (let dir = dirname(entry); dir !== dirname(dir); dir = dirname(dir)) {
    const modules = join(dir, 'node_modules');
    if (!existsSync(modules)) continue;
    folders.add(modules);
    // In a workspace the package is a link to its sources.
    const proof = join(modules, '@prooflog/proof');
    if (existsSync(proof)) folders.add(realpathSync(proof));
  }
  return [...folders];
}

/** Whether this machine lets us confine a process. */
export function canConfine(): boolean {
  const probe = spawnSync('bwrap', [...bubblewrap({ read: [], write: [] }), '/usr/bin/true'], {
    timeout: 10_000,
  });
  return probe.status === 0;
}

/** The command that runs `command` seeing nothing but `sight` (github.com/containers/bubblewrap). */
export function confined(command: readonly string[], sight: Sight): string[] {
  return ['bwrap', ...bubblewrap(sight), ...command];
}
