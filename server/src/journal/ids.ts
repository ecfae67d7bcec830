import { crc32 } from 'node:zlib';
import type { Disk } from '../base/disk.js';
import { replaceFile } from '../base/durable.js';
import { Failure } from '../base/errors.js';
import { type LogName, splitLog } from '../event/stages.js';
import type { SeenIds } from './seen.js';
import { idsPath } from './segment.js';

/**
 * The ids of the records in one segment, gathered while they are written: when the segment goes, reading it
 * once more would hold everybody up. Blocks have ids of our own making and need none.
 */
export class SegmentIds {
  readonly #tenants = new Map<string, { ids: Buffer; used: number }>();
  #log: LogName | null = null;
  #last: { ids: Buffer; used: number } | null = null;

  add(log: LogName, id: Uint8Array): void {
    const list = log === this.#log && this.#last !== null ? this.#last : this.#listOf(log);
    if (list.used === list.ids.length) {
      const larger = Buffer.allocUnsafe(list.ids.length * 2);
      list.ids.copy(larger);
      list.ids = larger;
    }
    list.ids.set(id, list.used);
    list.used += 16;
  }

  #listOf(log: LogName): { ids: Buffer; used: number } {
    const { tenant } = splitLog(log);
    const list = this.#tenants.get(tenant) ?? { ids: Buffer.allocUnsafe(64 * 16), used: 0 };
    this.#tenants.set(tenant, list);
    this.#log = log;
    this.#last = list;
    return list;
  }

  /** Layout: docs/formats/journal.md, "Forgetting". */
  encode(): Buffer {
    const parts: Buffer[] = [];
    for (const [tenant, { ids, used }] of this.#tenants) {
      const head = Buffer.alloc(1 + tenant.length + 4);
      head[0] = tenant.length;
      head.write(tenant, 1, 'latin1');
      head.writeUInt32LE(used / 16, 1 + tenant.length);
      parts.push(head, ids.subarray(0, used));
    }
    const body = Buffer.concat(parts);
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(body));
    return Buffer.concat([body, sum]);
  }
}

/** Keeps the ids of a segment that is about to be removed. */
export const keepIds = (disk: Disk, dir: string, base: number, ids: SegmentIds): Promise<void> =>
  replaceFile(disk, idsPath(dir, base), ids.encode());

/** Reads an ids file into `seen`; returns how many there were. */
export async function loadIds(disk: Disk, dir: string, base: number, seen: SeenIds): Promise<number> {
  const raw = await disk.readFile(idsPath(dir, base));
  const bytes = Buffer.from(raw ?? []);
  const body = bytes.subarray(0, -4);
  if (bytes.length < 4 || crc32(body) !== bytes.readUInt32LE(body.length))
    throw new Failure(
      'journal_corrupt',
      `${idsPath(dir, base)} is damaged; restore it, or remove it and accept that duplicates of its records are not recognised.`,
    );
  let count = 0;
  for (let o = 0; o < body.length; ) {
    const length = body[o] ?? 0;
    const tenant = body.toString('latin1', o + 1, o + 1 + length);
    const n = body.readUInt32LE(o + 1 + length);
    o += 5 + length;
    for (let i = 0; i < n; i++, o += 16) seen.add(tenant, body.subarray(o, o + 16));
    count += n;
  }
  return count;
}
