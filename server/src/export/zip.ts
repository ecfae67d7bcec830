import { pipeline } from 'node:stream/promises';
import { crc32, createDeflateRaw } from 'node:zlib';
import { Failure } from '../base/errors.js';

/**
 * A zip written as it is read: nothing but the names, sizes and checksums of its entries is kept. Our own and
 * small, because we need little of the format, and so write nothing that our strict reader must not accept.
 */
export interface ZipFile {
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

interface Written {
  readonly name: Buffer;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

/** What 32 bits hold, since no zip64 is written; and what one buffer of a reader holds. */
export const MAX_ZIP_FILE = 2 ** 31 - 1;
const MAX_ZIP = 2 ** 32 - 1;

const VERSION = 20;
/** Sizes follow the content, names are UTF-8. */
const FLAGS = 0x0808;
const DEFLATED = 8;
/** 1 January 1980: the time is in the manifest, and the same content gives the same bytes. */
const DATE = 0x0021;
const PIECE = 2 ** 16;

/**
 * The bytes of a zip with these files, in their order; a file's content is asked for when its turn comes.
 * @throws Failure `export_too_large` when a file or the zip outgrows the format; what `content` throws, too.
 */
export async function* zip(
  files: AsyncIterable<ZipFile> | Iterable<ZipFile>,
): AsyncGenerator<Uint8Array, void> {
  const written: Written[] = [];
  let offset = 0;
  for await (const { name, content } of files) {
    const entry = { name: Buffer.from(name), crc: 0, packed: 0, size: 0, offset };
    const header = localHeader(entry.name);
    yield header;
    for await (const chunk of deflated(content, entry)) {
      entry.packed += chunk.length;
      yield chunk;
    }
    const trailer = descriptor(entry);
    yield trailer;
    offset += header.length + entry.packed + trailer.length;
    if (offset > MAX_ZIP) throw tooLarge();
    written.push(entry);
  }
  const directory = Buffer.concat(written.map(centralHeader));
  yield directory;
  yield endOf(written.length, directory.length, offset);
}

const tooLarge = (): Failure =>
  new Failure(
    'export_too_large',
    'The export is larger than a zip can be; narrow the query or the time range.',
  );

async function* deflated(
  content: ZipFile['content'],
  entry: { crc: number; size: number },
): AsyncGenerator<Buffer> {
  const deflate = createDeflateRaw({ level: 6 });
  const feeding = pipeline(counted(gathered(content), entry), deflate);
  // Reading below throws the same; without this it would be thrown where nobody listens.
  feeding.catch(() => undefined);
  for await (const chunk of deflate) yield chunk as Buffer;
  await feeding;
}

async function* counted(
  content: AsyncIterable<Uint8Array>,
  entry: { crc: number; size: number },
): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    entry.crc = crc32(piece, entry.crc);
    entry.size += piece.length;
    if (entry.size > MAX_ZIP_FILE) throw tooLarge();
    yield piece;
  }
}

/** Small pieces put together: a call of the compressor for each line would cost more than the compression. */
async function* gathered(content: ZipFile['content']): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const piece of content) {
    waiting.push(piece);
    length += piece.length;
    if (length < PIECE) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(waiting);
}

function localHeader(name: Buffer): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(FLAGS, 6);
  header.writeUInt16LE(DEFLATED, 8);
  header.writeUInt16LE(DATE, 12);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

function descriptor({ crc, packed, size }: Omit<Written, 'name'>): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(crc, 4);
  bytes.writeUInt32LE(packed, 8);
  bytes.writeUInt32LE(size, 12);
  return bytes;
}

function centralHeader({ name, crc, packed, size, offset }: Written): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(VERSION, 6);
  header.writeUInt16LE(FLAGS, 8);
  header.writeUInt16LE(DEFLATED, 10);
  header.writeUInt16LE(DATE, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(packed, 20);
  header.writeUInt32LE(size, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, name]);
}

function endOf(count: number, length: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(length, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}
