import { S3Client } from '@aws-sdk/client-s3';
import { Failure, systemCode } from '../base/errors.js';

/** Where the bucket is and who we are to it. Empty texts: the SDK looks in the places it usually does. */
export interface S3Access {
  /** Address of an S3 server other than Amazon's. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const CONNECT_MS = 5_000;
const REQUEST_MS = 60_000;

export function openClient({ endpoint, region, accessKeyId, secretAccessKey }: S3Access): S3Client {
  return new S3Client({
    // Other servers seldom have a host name for each bucket, and want some region in the signature.
    ...(endpoint === '' ? {} : { endpoint, forcePathStyle: true, region: 'us-east-1' }),
    ...(region === '' ? {} : { region }),
    ...(accessKeyId === '' ? {} : { credentials: { accessKeyId, secretAccessKey } }),
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      throwOnRequestTimeout: true,
    },
  });
}

/** HTTP status of what the S3 server answered; 0 when it did not. */
export function statusOf(error: unknown): number {
  if (!(error instanceof Error) || !('$metadata' in error)) return 0;
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: number };
  return httpStatusCode ?? 0;
}

/** A code that is safe to log: the system's (`ECONNREFUSED`) or S3's own (`AccessDenied`), never its message. */
export function s3Code(error: unknown): string {
  return systemCode(error) || (error instanceof Error ? error.name : 'unknown');
}

/** Nobody answered, or only that it cannot now: says nothing about the bucket, and later it may be another matter. */
export function isOutage(error: unknown): boolean {
  if (error instanceof Failure) return false;
  const status = statusOf(error);
  if (status > 0) return status >= 500 || status === 429 || status === 408;
  return systemCode(error) !== '' || (error instanceof Error && /^(?:Timeout|Abort)Error$/.test(error.name));
}
