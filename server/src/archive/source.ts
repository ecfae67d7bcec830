import type { LogSource } from '@prooflog/proof';
import { type NamedLog, SourceError } from '@prooflog/proof/node';
import type { S3Bucket } from './bucket.js';
import { s3Code } from './client.js';
import type { Mirror } from './mirror.js';

/** A log in a bucket, as the verifier reads it. Only the newest versions count. */
export function bucketSource(bucket: S3Bucket, folder: string): Required<LogSource> {
  return {
    read: (path) => readable(bucket, () => bucket.get(folder + path)),
    list: () =>
      readable(bucket, async () => {
        const paths: string[] = [];
        for await (const path of bucket.list(folder)) paths.push(path.slice(folder.length));
        return paths;
      }),
  };
}

/** The logs of an archive, of a tenant's folder in it, or the one it is: wherever a `checkpoint` or `tile` lies. */
export async function bucketLogs(bucket: S3Bucket): Promise<NamedLog[]> {
  const logs: NamedLog[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    const names: string[] = [];
    for await (const name of bucket.names(folder)) names.push(name);
    if (names.includes('checkpoint') || names.includes('tile/')) {
      const name = folder.replace(/\/$/, '') || '.';
      // Below the folder of a tenant the name says less than an origin does.
      logs.push({ name, source: bucketSource(bucket, folder), own: name.includes('/') });
      return;
    }
    if (depth === 0) return;
    for (const name of names) if (name.endsWith('/')) await visit(folder + name, depth - 1);
  };
  await readable(bucket, () => visit('', 2));
  return logs.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** An archive: behind a newer version, or a delete marker, the one that was locked is still there. */
export function bucketMirror(bucket: S3Bucket): Mirror {
  return {
    kind: 's3',
    async *candidates(log, path) {
      const name = `${log}/${path}`;
      const newest = await readable(bucket, () => bucket.get(name));
      if (newest !== null) yield newest;
      for (const id of await readable(bucket, () => versionsOf(bucket, name))) {
        const bytes = await readable(bucket, () => bucket.get(name, id));
        if (bytes !== null) yield bytes;
      }
    },
  };
}

async function versionsOf(bucket: S3Bucket, name: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { path, id } of bucket.versions(name)) if (path === name) ids.push(id);
  return ids;
}

async function readable<T>(bucket: S3Bucket, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new SourceError(`The bucket ${bucket.name} cannot be read (${s3Code(cause)}).`, { cause });
  }
}
