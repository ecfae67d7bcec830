import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { openZip, ZipError } from '@prooflog/proof/node';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { zip } from './zip.js';

const dir = mkdtempSync(join(tmpdir(), 'prooflog-zip-'));
const path = join(dir, 'x.zip');
afterAll(() => rmSync(dir, { recursive: true }));

async function zipped(files: readonly { name: string; content: Uint8Array[] }[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of zip(files)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function opened(bytes: Uint8Array): Promise<Map<string, string>> {
  writeFileSync(path, bytes);
  const files = await openZip(path);
  try {
    const all = new Map<string, string>();
    for (const name of files.names) all.set(name, Buffer.from(await files.read(name)).toString('base64'));
    return all;
  } finally {
    await files.close();
  }
}

const names = fc.stringMatching(/^[a-z0-9]{1,8}(\/[a-z0-9äß]{1,8}){0,2}\.json$/);
const contents = fc.array(fc.uint8Array({ maxLength: 2_000 }), { maxLength: 5 });

describe('zip', () => {
  it('comes back as it was written', async () => {
    const files = fc.uniqueArray(fc.record({ name: names, content: contents }), {
      selector: (file) => file.name,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(files, async (given) => {
        const expected = new Map(given.map((f) => [f.name, Buffer.concat(f.content).toString('base64')]));
        expect(await opened(await zipped(given))).toEqual(expected);
      }),
    );
  });

  it('passes on what its content throws, and what the reader of it throws', async () => {
    const broken = async function* () {
      yield Buffer.alloc(100_000);
      throw new RangeError('broken');
    };
    const read = async (): Promise<void> => {
      for await (const _ of zip([{ name: 'a', content: broken() }]));
    };
    await expect(read()).rejects.toThrow('broken');
  });

  it('never gives other bytes, whichever bit is flipped or wherever it is cut', async () => {
    const files = [
      { name: 'records/audit.ndjson', content: [Buffer.from('{"a":1}\n'.repeat(20))] },
      { name: 'manifest.json', content: [Buffer.from('{}')] },
    ];
    const whole = await zipped(files);
    const good = await opened(whole);
    const same = async (bytes: Uint8Array): Promise<void> => {
      try {
        for (const [name, content] of await opened(bytes)) {
          // A name may be another one; the bytes under a name may not.
          if (good.has(name)) expect(content).toBe(good.get(name));
        }
      } catch (error) {
        expect(error).toBeInstanceOf(ZipError);
      }
    };
    for (let bit = 0; bit < whole.length * 8; bit += 3) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await same(bytes);
    }
    for (let length = 0; length < whole.length; length++) {
      await expect(opened(whole.subarray(0, length))).rejects.toThrow(ZipError);
    }
  });
});

interface Raw {
  name: string;
  localName?: string;
  packed: Buffer;
  size?: number;
  crc?: number;
  method?: number;
  flags?: number;
  offset?: number;
}

/** A zip whose headers say what they are told to. */
function raw(
  entries: readonly Raw[],
  end: { count?: number; comment?: string; start?: number } = {},
): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const e of entries) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    const name = Buffer.from(e.localName ?? e.name, 'latin1');
    local.writeUInt16LE(name.length, 26);
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE(e.flags ?? 0, 8);
    header.writeUInt16LE(e.method ?? 8, 10);
    header.writeUInt32LE(e.crc ?? 0, 16);
    header.writeUInt32LE(e.packed.length, 20);
    header.writeUInt32LE(e.size ?? 0, 24);
    header.writeUInt16LE(Buffer.byteLength(e.name, 'latin1'), 28);
    header.writeUInt32LE(e.offset ?? at, 42);
    const body = Buffer.concat([local, name, e.packed]);
    locals.push(body);
    central.push(header, Buffer.from(e.name, 'latin1'));
    at += body.length;
  }
  const directory = Buffer.concat(central);
  const tail = Buffer.alloc(22);
  tail.writeUInt32LE(0x06054b50, 0);
  tail.writeUInt16LE(end.count ?? entries.length, 8);
  tail.writeUInt16LE(end.count ?? entries.length, 10);
  tail.writeUInt32LE(directory.length, 12);
  tail.writeUInt32LE(end.start ?? at, 16);
  const comment = Buffer.from(end.comment ?? '');
  tail.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, directory, tail, comment]);
}

const empty = deflateRawSync(Buffer.alloc(0));
const zeros = deflateRawSync(Buffer.alloc(50_000_000));

describe('hostile zips are refused', () => {
  it.each<[string, Buffer]>([
    ['nothing at all', Buffer.alloc(0)],
    ['no zip', Buffer.from('hello there, this is no zip')],
    ['way out', raw([{ name: '../../etc/passwd', packed: empty }])],
    ['way out in the middle', raw([{ name: 'records/../../x', packed: empty }])],
    ['absolute', raw([{ name: '/etc/passwd', packed: empty }])],
    ['backslash', raw([{ name: '..\\x', packed: empty }])],
    ['drive', raw([{ name: 'c:x', packed: empty }])],
    ['control character', raw([{ name: 'a\u001b[2Jb', packed: empty }])],
    ['end of text', raw([{ name: 'a\u0000.json', packed: empty }])],
    ['no name', raw([{ name: '', packed: empty }])],
    ['name twice', raw([1, 2].map(() => ({ name: 'a', packed: empty })))],
    ['name twice but for case', raw(['a', 'A'].map((name) => ({ name, packed: empty })))],
    ['two names', raw([{ name: 'a', localName: 'b', packed: empty }])],
    ['bomb that says it is small', raw([{ name: 'a', packed: zeros, size: 10 }])],
    ['bomb that says it is huge', raw([{ name: 'a', packed: zeros, size: 2 ** 31 }])],
    ['size too large', raw([{ name: 'a', packed: empty, size: 10 }])],
    ['stored with two sizes', raw([{ name: 'a', packed: empty, size: 99, method: 0 }])],
    ['wrong checksum', raw([{ name: 'a', packed: empty, crc: 7 }])],
    ['unknown method', raw([{ name: 'a', packed: empty, method: 14 }])],
    ['encrypted', raw([{ name: 'a', packed: empty, flags: 1 }])],
    ['overlap', raw([1, 2, 3].map((i) => ({ name: `a${i}`, packed: zeros, size: 50_000_000, offset: 0 })))],
    ['entry in the directory', raw([{ name: 'a', packed: empty, offset: 60 }])],
    ['too many entries', raw([{ name: 'a', packed: empty }], { count: 20_000 })],
    ['more entries than there are', raw([{ name: 'a', packed: empty }], { count: 3 })],
    ['fewer entries than there are', raw([{ name: 'a', packed: empty }], { count: 0 })],
    ['directory elsewhere', raw([{ name: 'a', packed: empty }], { start: 0 })],
    ['something behind', Buffer.concat([raw([{ name: 'a', packed: empty }]), Buffer.from('x')])],
  ])('%s', async (_name, bytes) => {
    await expect(opened(bytes)).rejects.toThrow(ZipError);
  });

  it('but not a comment, nor folders', async () => {
    const bytes = raw(
      [
        { name: 'records/', packed: Buffer.alloc(0), method: 0 },
        { name: 'a', packed: empty },
      ],
      { comment: 'hello' },
    );
    expect([...(await opened(bytes)).keys()]).toEqual(['a']);
  });
});
