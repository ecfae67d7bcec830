import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Tenants } from '../access/tenants.js';
import { AccessLog } from '../api/access-log.js';
import type { Archiver } from '../archive/archiver.js';
import type { S3Bucket } from '../archive/bucket.js';
import { type ArchiveTables, Positions } from '../archive/tables.js';
import { type Clock, systemClock } from '../base/clock.js';
import type { Disk } from '../base/disk.js';
import { Failure, systemCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { Settings } from '../base/settings.js';
import { type LogName, splitLog } from '../event/stages.js';
import type { Heads } from '../ledger/heads.js';
import type { Manifest } from '../ledger/manifest.js';
import type { Signer } from '../ledger/signer.js';
import { addPeriod } from '../pack/retention.js';
import type { Pipeline } from '../pipeline.js';
import type { Minimums } from '../retention/minimums.js';
import type { Rules } from '../retention/rules.js';
import { knownTenant } from './records.js';
import { EXPIRY } from './retention.js';
import { recordNow } from './security.js';

export interface S3Place {
  readonly bucket: string;
  readonly prefix: string;
}

/** `s3://bucket` or `s3://bucket/prefix` taken apart; null when it is no such address. */
export function s3Place(address: string): S3Place | null {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*?))?\/*$/.exec(address) ?? [];
  return bucket === undefined ? null : { bucket, prefix };
}

/** Where the settings say that the archive is. */
export const archiveOf = (settings: Settings): S3Place => ({
  bucket: settings.archive_bucket,
  prefix: settings.archive_prefix,
});

/** A bucket with the settings' address and credentials. The SDK is loaded only where it is used. */
export async function openBucket(settings: Settings, place: S3Place): Promise<S3Bucket> {
  const { S3Bucket } = await import('../archive/bucket.js');
  const { openClient } = await import('../archive/client.js');
  const client = openClient({
    endpoint: settings.archive_endpoint,
    region: settings.archive_region,
    accessKeyId: settings.archive_access_key_id,
    secretAccessKey: settings.archive_secret_access_key,
  });
  return new S3Bucket(client, place.bucket, place.prefix);
}

interface Rooms {
  readonly db: Kysely<ArchiveTables>;
  readonly disk: Disk;
  readonly heads: Heads;
  readonly manifest: Manifest;
  readonly signer: Signer;
  readonly originOf: (log: LogName) => string;
  readonly log: Logger;
  readonly rules: Rules;
  readonly minimums: Minimums;
  readonly pipeline: Pipeline;
  readonly tenants: Tenants;
}

/** The follower that copies the ledger to the bucket of the settings, where they name one. */
export async function openArchiver(settings: Settings, rooms: Rooms, clock: Clock): Promise<Archiver | null> {
  if (settings.archive_bucket === '') return null;
  const { Archiver } = await import('../archive/archiver.js');
  const { s3Code } = await import('../archive/client.js');
  const { log, pipeline, tenants } = rooms;
  const accessLog = new AccessLog(pipeline, clock);
  return Archiver.open({
    bucket: await openBucket(settings, archiveOf(settings)),
    positions: await Positions.load(rooms.db),
    disk: rooms.disk,
    dir: join(settings.data, 'ledger'),
    heads: rooms.heads,
    manifest: rooms.manifest,
    signer: rooms.signer,
    origin: rooms.originOf,
    clock: systemClock,
    every: Number(settings.archive_interval) * 1_000,
    async retainUntil(name, now) {
      const { tenant, stream } = splitLog(name);
      return addPeriod(now, (await rooms.rules.of(tenant, stream)).keep);
    },
    minimum: (name) => rooms.minimums.of(name).index,
    async onRemoved(name, from, to) {
      const { tenant, stream } = splitLog(name);
      await accessLog.record(knownTenant(rooms, tenant), EXPIRY, {
        action: 'archive_expired',
        entity: { type: 'log', id: stream },
        details: { origin: rooms.originOf(name), minimum_index: to, expired: to - from },
      });
    },
    onOutage: (error) =>
      error === null
        ? log.warn('the archive takes what it is given again')
        : log.error(
            { code: error instanceof Failure ? error.code : s3Code(error) },
            'the archive does not take what it is given; it will be tried again',
          ),
    onStopped: (name, failure) => {
      log.error({ log: name, code: failure.code, why: failure.message }, 'a log is not archived any further');
      const record = { action: 'archive_conflict', actor: 'archive', result: 'failure' } as const;
      recordNow(pipeline, tenants, { ...record, log: name, details: { code: failure.code } }).catch(
        (error) => {
          const code = error instanceof Failure ? error.code : systemCode(error);
          log.error({ code }, 'that a log is not archived could not be recorded');
        },
      );
    },
  });
}
