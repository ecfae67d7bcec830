import {
  type $Command,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectRetentionCommand,
  paginateListObjectsV2,
  type S3Client,
  type S3ClientResolvedConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import { sha256, toBase64 } from '@prooflog/proof';
import { Failure } from '../base/errors.js';
import { statusOf } from './client.js';

export interface Version {
  readonly path: string;
  readonly id: string;
}

/** Larger than any bundle (256 entries of 65,535 bytes) or block can be; what lies behind is not even read. */
const MAX_OBJECT = 32 * 2 ** 20;
const DAY_MS = 86_400_000;

/**
 * A bucket, or a folder of one. Paths are relative to it; errors are the SDK's own unless another is named.
 * Not `Bucket`: TypeScript 7.0.2 emits another name for the SDK's parameter `Bucket` inside a class of that name.
 */
export class S3Bucket {
  readonly name: string;
  readonly #client: S3Client;
  readonly #prefix: string;
  readonly #closed = new AbortController();

  /** @param prefix without slashes at its ends; may be empty */
  constructor(client: S3Client, name: string, prefix: string) {
    this.#client = client;
    this.name = name;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
  }

  /** Ends what is under way. */
  close(): void {
    this.#closed.abort();
    this.#client.destroy();
  }

  #send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: $Command<I, O, S3ClientResolvedConfig>,
  ): Promise<O> {
    return this.#client.send(command, { abortSignal: this.#closed.signal });
  }

  #at(path: string): { Bucket: string; Key: string } {
    return { Bucket: this.name, Key: this.#prefix + path };
  }

  /** The newest version, or the one of this id; null when there is none. At most 32 MiB of it. */
  async get(path: string, version?: string): Promise<Uint8Array | null> {
    const Range = `bytes=0-${MAX_OBJECT - 1}`;
    try {
      const reply = await this.#send(new GetObjectCommand({ ...this.#at(path), VersionId: version, Range }));
      return (await reply.Body?.transformToByteArray()) ?? new Uint8Array();
    } catch (error) {
      if (statusOf(error) === 416) return new Uint8Array();
      if (statusOf(error) === 404 && !isNoBucket(error)) return null;
      throw error;
    }
  }

  /** Puts an object that may be replaced and removed. */
  async put(path: string, bytes: Uint8Array, lock: Partial<PutObjectCommandInput> = {}): Promise<void> {
    const ChecksumSHA256 = toBase64(sha256(bytes));
    await this.#send(new PutObjectCommand({ ...this.#at(path), Body: bytes, ChecksumSHA256, ...lock }));
  }

  /**
   * Puts an object that never changes, locked in compliance mode. When it is there already it is compared, and
   * locked if it was not, or for over a day less.
   * @throws Failure `archive_conflict` when another object is there.
   */
  async putLocked(path: string, bytes: Uint8Array, until: Date): Promise<void> {
    try {
      await this.put(path, bytes, {
        IfNoneMatch: '*',
        ObjectLockMode: 'COMPLIANCE',
        ObjectLockRetainUntilDate: until,
      });
    } catch (error) {
      if (statusOf(error) !== 412) throw error;
      await this.#expectSame(path, toBase64(sha256(bytes)), until);
    }
  }

  async #expectSame(path: string, digest: string, until: Date): Promise<void> {
    const there = await this.#head(path);
    const content = there?.ChecksumSHA256 ?? toBase64(sha256((await this.get(path)) ?? new Uint8Array()));
    if (there === null || content !== digest)
      throw new Failure(
        'archive_conflict',
        `The archive has another object as ${path}; it may never change.`,
      );
    const locked = lockOf(there);
    if (locked !== null && locked.getTime() > until.getTime() - DAY_MS) return;
    const Retention = { Mode: 'COMPLIANCE' as const, RetainUntilDate: until };
    const VersionId = there.VersionId;
    await this.#send(new PutObjectRetentionCommand({ ...this.#at(path), VersionId, Retention }));
  }

  async #head(path: string): Promise<HeadObjectCommandOutput | null> {
    try {
      return await this.#send(new HeadObjectCommand({ ...this.#at(path), ChecksumMode: 'ENABLED' }));
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  }

  /** Until when the newest version is locked in compliance mode; null when it is not. */
  async lockedUntil(path: string): Promise<Date | null> {
    const there = await this.#head(path);
    return there === null ? null : lockOf(there);
  }

  async keepsVersions(): Promise<boolean> {
    const reply = await this.#send(new GetBucketVersioningCommand({ Bucket: this.name }));
    return reply.Status === 'Enabled';
  }

  async canLock(): Promise<boolean> {
    try {
      const reply = await this.#send(new GetObjectLockConfigurationCommand({ Bucket: this.name }));
      return reply.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled';
    } catch (error) {
      if (error instanceof Error && error.name === 'ObjectLockConfigurationNotFoundError') return false;
      throw error;
    }
  }

  /** Paths of all objects whose paths begin so. */
  async *list(start = ''): AsyncGenerator<string, void> {
    for await (const page of this.#pages(start))
      for (const { Key } of page.Contents ?? []) yield this.#path(Key, page.EncodingType);
  }

  /** Names directly below a folder (`''`, or with a slash at its end); those of folders end in a slash. */
  async *names(folder: string): AsyncGenerator<string, void> {
    for await (const page of this.#pages(folder, '/')) {
      const keys = [
        ...(page.CommonPrefixes ?? []).map((p) => p.Prefix),
        ...(page.Contents ?? []).map((o) => o.Key),
      ];
      for (const key of keys) yield this.#path(key, page.EncodingType).slice(folder.length);
    }
  }

  #pages(start: string, Delimiter?: string) {
    const paging = { client: this.#client };
    const query = { Bucket: this.name, Prefix: this.#prefix + start, Delimiter };
    return paginateListObjectsV2(
      paging,
      { ...query, EncodingType: 'url' },
      { abortSignal: this.#closed.signal },
    );
  }

  /** Keys come URL-encoded, since XML cannot hold all of them; some servers do not do it. */
  #path(key = '', encoding = ''): string {
    const text = encoding === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key;
    return text.slice(this.#prefix.length);
  }

  /** All versions, newest first for each path, of objects whose paths begin so. */
  async *versions(start: string): AsyncGenerator<Version, void> {
    const input: ListObjectVersionsCommandInput = { Bucket: this.name, Prefix: this.#prefix + start };
    for (;;) {
      const page: ListObjectVersionsCommandOutput = await this.#send(new ListObjectVersionsCommand(input));
      for (const { Key, VersionId } of page.Versions ?? [])
        yield { path: this.#path(Key), id: VersionId ?? '' };
      if (!page.IsTruncated) return;
      Object.assign(input, { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker });
    }
  }

  /** Removes these versions for good; the bucket keeps those that are locked. @returns whether all are gone. */
  async remove(versions: readonly Version[]): Promise<boolean> {
    let all = true;
    for (let i = 0; i < versions.length; i += 1_000) {
      const Objects = versions
        .slice(i, i + 1_000)
        .map(({ path, id }) => ({ Key: this.#prefix + path, VersionId: id }));
      const Delete = { Objects, Quiet: true };
      const { Errors = [] } = await this.#send(new DeleteObjectsCommand({ Bucket: this.name, Delete }));
      all &&= Errors.length === 0;
    }
    return all;
  }
}

const isNoBucket = (error: unknown): boolean => error instanceof Error && error.name === 'NoSuchBucket';

const lockOf = (head: HeadObjectCommandOutput): Date | null =>
  head.ObjectLockMode === 'COMPLIANCE' ? (head.ObjectLockRetainUntilDate ?? null) : null;
