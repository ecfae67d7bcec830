import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { LogSource } from '../verify/log.js';

const missing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

/** A log in a directory. */
export function directorySource(dir: string): Required<LogSource> {
  return {
    async read(path) {
      try {
        return await readFile(join(dir, path));
      } catch (error) {
        if (missing(error)) return null;
        throw error;
      }
    },
    async list() {
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      return entries
        .filter((e) => !e.isDirectory())
        .map((e) => relative(dir, join(e.parentPath, e.name)).split(sep).join('/'));
    },
  };
}

/** The server could not be asked; says nothing about the log. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly code = 'source_unreadable';
}

async function get(url: string, token: string | undefined): Promise<Response> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    return await fetch(url, { headers, redirect: 'error' });
  } catch (cause) {
    throw new SourceError(`${new URL(url).origin} does not answer.`, { cause });
  }
}

/** A log behind the tlog-tiles read API. */
export function httpSource(root: string, options: { token?: string } = {}): LogSource {
  return {
    async read(path) {
      const response = await get(`${root}/${path}`, options.token);
      // 410: its time was over; whether that is right, the log's minimum index tells.
      if (response.status === 404 || response.status === 410) return null;
      if (!response.ok)
        throw new SourceError(
          `The server answered ${response.status}; a key with the right to read is given with --token or PROOFLOG_KEY.`,
        );
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}

export interface NamedLog {
  readonly name: string;
  readonly source: LogSource;
  readonly vkey?: string;
}

/** All logs of a server, as it lists them. */
export async function serverLogs(root: string, options: { token?: string }): Promise<NamedLog[]> {
  const response = await get(`${root}/v1/logs-of-trust`, options.token);
  if (!response.ok)
    throw new SourceError(
      `The server answered ${response.status}; a key with the right to read is given with --token or PROOFLOG_KEY.`,
    );
  const { logs } = (await response.json()) as { logs: { path: string; tenant: string; stream: string }[] };
  return logs.map((log) => ({
    name: `${log.tenant}/${log.stream}`,
    source: httpSource(root + log.path, options),
  }));
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isFile(),
    () => false,
  );

/** The logs below a data directory, a ledger directory, a tenant's or a log's own: wherever a `checkpoint` or `tile` lies. */
export async function findLogs(dir: string): Promise<NamedLog[]> {
  const start = (await isDirectory(join(dir, 'ledger'))) ? join(dir, 'ledger') : dir;
  const logs: NamedLog[] = [];
  const visit = async (at: string, depth: number): Promise<void> => {
    if ((await isFile(join(at, 'checkpoint'))) || (await isDirectory(join(at, 'tile')))) {
      logs.push({ name: relative(start, at).split(sep).join('/') || '.', source: directorySource(at) });
      return;
    }
    if (depth === 0) return;
    for (const entry of await readdir(at, { withFileTypes: true }))
      if (entry.isDirectory()) await visit(join(at, entry.name), depth - 1);
  };
  await visit(start, 2);
  return logs.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  );
