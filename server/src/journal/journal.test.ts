import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Disk, realDisk } from '../base/disk.js';
import { Failure } from '../base/errors.js';
import { mintGuarded } from '../event/mint/guarded.js';
import type { Guarded } from '../event/stages.js';
import { Journal, type JournalOptions } from './journal.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'prooflog-journal-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

let serial = 0;
function entry(text = 'x', tenant = 't1'): Guarded {
  const eventId = Buffer.alloc(16);
  eventId.writeUInt32BE(++serial, 12);
  return mintGuarded({
    kind: 'record',
    log: `${tenant}/audit`,
    eventId,
    patch: 0,
    payload: Buffer.from(text),
  });
}

const open = (options: Partial<JournalOptions> = {}): Promise<Journal> =>
  Journal.open({ dir, disk: realDisk, passed: 0, ...options });

async function texts(journal: Journal, from = 0): Promise<string[]> {
  const all: string[] = [];
  for (let at = from; ; ) {
    const entries = await journal.read(at, 300);
    if (entries.length === 0) return all;
    all.push(...entries.map((e) => Buffer.from(e.payload).toString()));
    at = entries.at(-1)?.next ?? at;
  }
}

const segments = (): string[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.journal'))
    .sort();
const code = (error: unknown): string => (error instanceof Failure ? error.code : String(error));

describe('Journal', () => {
  it('gives back what was appended, in order, also after a restart and over segments', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string({ maxLength: 400 }), { maxLength: 5 }), { maxLength: 12 }),
        async (groups) => {
          rmSync(dir, { recursive: true, force: true });
          const journal = await open({ segmentBytes: 600 });
          for (const group of groups) await journal.append(group.map((text) => entry(text)));
          expect(await texts(journal)).toEqual(groups.flat());
          await journal.close();
          const again = await open({ segmentBytes: 600 });
          expect(await texts(again)).toEqual(groups.flat());
          expect(again.cut).toBe(0);
          await again.close();
        },
      ),
      { numRuns: 25 },
    );
  });

  it('cuts a torn tail at every possible place and loses nothing acknowledged', async () => {
    const journal = await open();
    await journal.append([entry('one'), entry('two')]);
    const acknowledged = journal.durable;
    await journal.append([entry('three')]);
    await journal.close();
    const path = join(dir, segments()[0] ?? '');
    const whole = readFileSync(path);
    for (let size = acknowledged; size < whole.length; size++) {
      writeFileSync(path, whole.subarray(0, size));
      const again = await open();
      expect(await texts(again)).toEqual(['one', 'two']);
      expect(again.durable).toBe(acknowledged);
      await again.append([entry('after')]);
      expect(await texts(again)).toEqual(['one', 'two', 'after']);
      await again.close();
    }
  });

  it('refuses to start over damage in what was acknowledged, wherever the byte is', async () => {
    const journal = await open();
    await journal.append([entry('one')]);
    await journal.append([entry('two')]);
    const last = journal.durable;
    await journal.append([entry('three')]);
    await journal.close();
    const path = join(dir, segments()[0] ?? '');
    const whole = readFileSync(path);
    for (let at = 0; at < last; at++) {
      const bad = Buffer.from(whole);
      bad[at] = (bad[at] ?? 0) ^ 0x40;
      writeFileSync(path, bad);
      expect(await open().then(() => 'started', code), `byte ${at}`).toBe('journal_corrupt');
      expect(readFileSync(path).equals(bad)).toBe(true);
    }
  });

  it('refuses to start when a follower has read beyond its end', async () => {
    await (await open()).close();
    expect(await open({ passed: 500 }).then(() => 'started', code)).toBe('journal_corrupt');
  });

  it('forgets segments that were passed, and still knows their ids', async () => {
    const journal = await open({ segmentBytes: 200 });
    const first = entry('first');
    journal.seen.add('t1', first.eventId);
    await journal.append([first]);
    for (let i = 0; i < 10; i++)
      await journal.append([entry('more of it, to fill the segment up to its end')]);
    const before = segments().length;
    await journal.release(journal.durable);
    expect([before > 2, segments().length]).toEqual([true, 1]);
    const begin = Number(segments()[0]?.split('.')[0]);
    await journal.close();
    expect(await open({ needed: begin - 1 }).then(() => 'started', code)).toBe('journal_corrupt');
    await (await open({ needed: begin })).close();
    const again = await open({ passed: 300 });
    expect(again.seen.add('t1', first.eventId)).toBe(false);
    expect(again.seen.add('t2', first.eventId)).toBe(true);
    await again.close();
  });
});

/** A disk on which the n-th write or sync fails, after writing part of the data. */
function failing(code: string, when: (count: number) => boolean): Disk {
  let count = 0;
  const fail = (): void => {
    count += 1;
    if (when(count)) throw Object.assign(new Error(code), { code });
  };
  return {
    ...realDisk,
    async open(path, how, mode) {
      const file = await realDisk.open(path, how, mode);
      return {
        ...file,
        read: (into, offset) => file.read(into, offset),
        size: () => file.size(),
        truncate: (size) => file.truncate(size),
        close: () => file.close(),
        async write(data, offset) {
          try {
            fail();
          } catch (error) {
            await file.write(data.subarray(0, Math.floor(data.length / 2)), offset);
            throw error;
          }
          await file.write(data, offset);
        },
        async sync() {
          fail();
          await file.sync();
        },
      };
    },
  };
}

describe('Journal on a failing disk', () => {
  it.each([
    ['ENOSPC', 'storage_full'],
    ['EIO', 'storage_failed'],
  ])('%s refuses the group whole and goes on afterwards', async (errno, expected) => {
    for (let n = 1; n <= 8; n++) {
      rmSync(dir, { recursive: true, force: true });
      const journal = await open({ disk: failing(errno, (count) => count === n) });
      const kept: string[] = [];
      for (let i = 0; i < 6; i++) {
        const outcome = await journal.append([entry(`a${i}`), entry(`b${i}`)]).then(() => 'kept', code);
        if (outcome === 'kept') kept.push(`a${i}`, `b${i}`);
        else expect(outcome).toBe(expected);
      }
      expect(kept).toHaveLength(10);
      expect(await texts(journal)).toEqual(kept);
      await journal.close();
      const again = await open();
      expect(await texts(again)).toEqual(kept);
      await again.close();
    }
  });
});
