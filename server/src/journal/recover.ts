import type { Disk } from '../base/disk.js';
import { Failure } from '../base/errors.js';
import { splitLog } from '../event/stages.js';
import { loadIds, SegmentIds } from './ids.js';
import type { SeenIds } from './seen.js';
import { listBases, readSegment, segmentPath, walkFrames, wasSynced } from './segment.js';

/** What the files on disk say. */
export interface Recovered {
  /** First positions of the segments, at least one. */
  readonly bases: number[];
  /** The ids in each segment. */
  readonly ids: Map<number, SegmentIds>;
  readonly idBases: number[];
  /** Position after the last good frame. */
  readonly end: number;
  /** Bytes of a torn tail that were cut off. */
  readonly cut: number;
}

/**
 * Reads all segments, checks every frame, cuts a torn tail off the last one and nothing else, and fills
 * `seen` with the event ids. The same walk serves a first start (no files) and any later one.
 *
 * @param passed the furthest position any follower has saved; damage before it is never a torn tail.
 * @throws Failure `journal_corrupt` naming file and offset.
 */
export async function recover(disk: Disk, dir: string, passed: number, seen: SeenIds): Promise<Recovered> {
  const idBases = await listBases(disk, dir, 'ids');
  for (const base of idBases) await loadIds(disk, dir, base, seen);
  const bases = await listBases(disk, dir, 'journal');
  if (bases.length === 0) {
    if (passed > 0)
      throw new Failure('journal_corrupt', `${dir} holds no journal, but a follower has read to ${passed}.`);
    return { bases: [0], ids: new Map(), idBases, end: 0, cut: 0 };
  }

  let end = 0;
  let cut = 0;
  const ids = new Map<number, SegmentIds>();
  for (const [i, base] of bases.entries()) {
    if (i > 0 && base !== end) throw corrupt(dir, bases[i - 1] ?? base, end - (bases[i - 1] ?? 0));
    const bytes = await readSegment(disk, dir, base);
    const own = new SegmentIds();
    ids.set(base, own);
    const good = walkFrames(bytes, base, (entry) => {
      if (entry.kind !== 'record') return;
      seen.add(splitLog(entry.log).tenant, entry.eventId);
      own.add(entry.log, entry.eventId);
    });
    end = base + good;
    if (good === bytes.length) continue;
    const last = i === bases.length - 1;
    if (!last || end < passed || wasSynced(bytes, base, good)) throw corrupt(dir, base, good);
    cut = bytes.length - good;
    await truncate(disk, dir, base, good);
  }
  if (end < passed)
    throw new Failure(
      'journal_corrupt',
      `The journal ends at ${end}, but a follower has already read to ${passed}: its end was removed.`,
    );
  return { bases, ids, idBases, end, cut };
}

async function truncate(disk: Disk, dir: string, base: number, size: number): Promise<void> {
  const file = await disk.open(segmentPath(dir, base), 'update');
  try {
    await file.truncate(size);
    await file.sync();
  } finally {
    await file.close();
  }
}

function corrupt(dir: string, base: number, offset: number): Failure {
  return new Failure(
    'journal_corrupt',
    `${segmentPath(dir, base)} is damaged at offset ${offset}, in records that had been acknowledged. Nothing was changed. Restore the file from a copy.`,
  );
}
