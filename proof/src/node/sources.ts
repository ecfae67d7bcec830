import { open, readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { concat } from '../hash/bytes.js';
import type { LogSource } from '../verify/log.js';

const MISSING = ['ENOENT', 'ENOTDIR', 'ELOOP'];
const missing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && MISSING.includes(String(error.code));

/**
 * Bytes of a file that are read at most; one more shows that there are too many. A bundle has at most 256 × 65,537;
 * a block holds what one request brought.
 */
const mostBytes = (path: string): number => (path.startsWith('block/') ? 2 ** 30 : 2 ** 25);

/** The file, cut off behind the limit; null for what is no file (a pipe would be waited for). */
async function readBounded(path: string, limit: number): Promise<Uint8Array | null> {
  if (!(await stat(path)).isFile()) return null;
  const file = await open(path, 'r');
  try {
    if ((await file.stat()).size <= limit) return await file.readFile();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(limit + 1), 0, limit + 1, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A log in a directory. */
export function directorySource(dir: string): Required<LogSource> {
  return {
    async read(path) {
      try {
        return await readBounded(join(dir, path), mostBytes(path));
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
      if (response.status === 451)
        throw new SourceError(
          `The server withholds ${path}: a record in it is under quarantine. The log can be checked where its files are.`,
        );
      if (!response.ok)
        throw new SourceError(
          `The server answered ${response.status}; a key with the right to read is given with --token or PROOFLOG_KEY.`,
        );
      return bodyOf(response, mostBytes(path));
    },
  };
}

/** The body, cut off behind the limit. */
async function bodyOf(response: Response, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) break;
  }
  return concat(...chunks);
}

export interface NamedLog {
  readonly name: string;
  readonly source: LogSource;
  /** Whether the name says which log it must be (`<tenant id>/<stream>`), and not only where it lies. */
  readonly own: boolean;
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
    own: true,
  }));
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isFile(),
    () => false,
  );

/** The logs below a data directory, a ledger directory, a tenant's or a log's own: wherever a `checkpoint` or `tile` lies. */
export async function findLogs(dir: string): Promise<NamedLog[]> {
  const own = await isDirectory(join(dir, 'ledger'));
  const start = own ? join(dir, 'ledger') : dir;
  const logs: NamedLog[] = [];
  const visit = async (at: string, depth: number): Promise<void> => {
    if ((await isFile(join(at, 'checkpoint'))) || (await isDirectory(join(at, 'tile')))) {
      logs.push({ name: relative(start, at).split(sep).join('/') || '.', source: directorySource(at), own });
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
