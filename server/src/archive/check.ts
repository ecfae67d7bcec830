import { Failure } from '../base/errors.js';
import type { S3Bucket } from './bucket.js';
import { isOutage, s3Code, statusOf } from './client.js';

/** Beside the folders of the logs, so that no log has it. */
const PROBE = 'probe';
/** The shortest that survives clocks that differ a little. */
const PROBE_MS = 3_600_000;

/**
 * Whether the bucket can be the archive: it is there, keeps versions and locks them, and the credentials may read,
 * put and lock. The last is tried out with a small object that is locked for an hour.
 * @throws Failure `archive_unusable` when it cannot; the SDK's error when nobody answers.
 */
export async function checkBucket(bucket: S3Bucket, now: number): Promise<void> {
  const { name } = bucket;
  const until = new Date(now + PROBE_MS);
  if (!(await ask(name, 'read its versioning', () => bucket.keepsVersions())))
    throw new Failure('archive_unusable', `The bucket ${name} does not keep versions; turn versioning on.`);
  if (!(await ask(name, 'read its Object Lock', () => bucket.canLock())))
    throw new Failure('archive_unusable', `The bucket ${name} has no Object Lock; make one that has.`);
  await ask(name, 'put and lock objects', () =>
    bucket.put(PROBE, new Uint8Array(), { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until }),
  );
  const locked = await ask(name, 'read objects', () => bucket.lockedUntil(PROBE));
  if (locked === null || Math.abs(locked.getTime() - until.getTime()) > 1_000)
    throw new Failure('archive_unusable', `The bucket ${name} took an object and did not lock it.`);
  await ask(name, 'list objects', () => bucket.names('').next());
}

async function ask<T>(name: string, what: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (cause) {
    if (isOutage(cause)) throw cause;
    const code = s3Code(cause);
    const message =
      code === 'NoSuchBucket'
        ? `The bucket ${name} does not exist.`
        : statusOf(cause) === 403
          ? `The credentials may not do this with the bucket ${name}: ${what} (${code}).`
          : `The bucket ${name} cannot be used: ${what} (${code}).`;
    throw new Failure('archive_unusable', message, { cause });
  }
}
