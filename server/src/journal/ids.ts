import { crc32 } from 'node:zlib';
import type { Disk } from '../base/disk.js';
import { replaceFile } from '../base/durable.js';
import { Failure } from '../base/errors.js';
import { splitLog } from '../event/stages.js';
import type { SeenIds } from './seen.js';
import { idsPath, readSegment, walkFrames } from './segment.js';

/** Event ids per tenant, in the order they were journaled. */
export type IdsByTenant = Map<string, Buffer[]>;

/** The ids of the records a segment's bytes hold; blocks have ids of our own making and need none. */
export function collectIds(bytes: Buffer, base: number): IdsByTenant {
  const ids: IdsByTenant = new Map();
  walkFrames(bytes, base, (entry) => {
    if (entry.kind !== 'record') return;
    const { tenant } = splitLog(entry.log);
    const list = ids.get(tenant) ?? [];
    list.push(Buffer.from(entry.eventId));
    ids.set(tenant, list);
  });
  return ids;
}

/** Keeps the ids of a segment that is about to be removed. Layout: docs/formats/journal.md, "Forgetting". */
export async function keepIds(disk: Disk, dir: string, base: number): Promise<void> {
  const parts: Buffer[] = [];
  for (const [tenant, list] of collectIds(await readSegment(disk, dir, base), base)) {
    const head = Buffer.alloc(1 + tenant.length + 4);
    head[0] = tenant.length;
    head.write(tenant, 1, 'latin1');
    head.writeUInt32LE(list.length, 1 + tenant.length);
    parts.push(head, ...list);
  }
  const body = Buffer.concat(parts);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(body));
  await replaceFile(disk, idsPath(dir, base), Buffer.concat([body, sum]));
}

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
