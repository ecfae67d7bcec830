import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { Failure } from '../../base/errors.js';
import { LIMITS } from './limits.js';

const MIB = 2 ** 20;

function decoder(encoding: string): ReturnType<typeof createGunzip> | null {
  switch (encoding) {
    case '':
    case 'identity':
      return null;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    default:
      throw new Failure('unsupported_encoding', 'Content-Encoding may be gzip, deflate or identity.', {
        field: 'Content-Encoding',
      });
  }
}

const tooLarge = (limit: number): Failure =>
  new Failure(
    'body_too_large',
    `A body may have at most ${limit < MIB ? `${limit / 1_024} KiB` : `${limit / MIB} MiB`}, also when unpacked.`,
  );

/**
 * The whole body, decompressed, within the limits. Stops reading as soon as one is passed, so that a bomb or an
 * endless body costs no more than the limit.
 *
 * @param limit bytes, packed and unpacked, where a smaller one than everybody's is enough.
 * @throws Failure `body_too_large`, `malformed_encoding`, `unsupported_encoding`, `empty_body`.
 */
export async function readBody(raw: IncomingMessage, limit: number = LIMITS.body): Promise<Buffer> {
  const declared = Number(raw.headers['content-length'] ?? 0);
  if (declared > limit) throw tooLarge(limit);
  const unpack = decoder(
    String(raw.headers['content-encoding'] ?? '')
      .trim()
      .toLowerCase(),
  );
  const body = unpack === null ? await collect(raw, () => limit) : await unpackBody(raw, unpack, limit);
  if (body.length === 0) throw new Failure('empty_body', 'The body is empty.');
  return body;
}

async function unpackBody(
  raw: IncomingMessage,
  unpack: ReturnType<typeof createGunzip>,
  limit: number,
): Promise<Buffer> {
  let packed = 0;
  raw.on('data', (chunk: Buffer) => {
    packed += chunk.length;
    if (packed > limit) unpack.destroy(tooLarge(limit));
  });
  raw.on('error', () =>
    unpack.destroy(new Failure('malformed_encoding', 'The sender stopped before the body was complete.')),
  );
  raw.on('aborted', () =>
    unpack.destroy(new Failure('malformed_encoding', 'The sender stopped before the body was complete.')),
  );
  raw.pipe(unpack);
  try {
    return await collect(unpack, () =>
      Math.min(limit, LIMITS.unpacked, Math.max(MIB, packed * LIMITS.ratio)),
    );
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('malformed_encoding', 'The compressed body is broken or cut off.', { cause: error });
  }
}

async function collect(stream: Readable, limit: () => number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit()) {
      stream.unpipe?.();
      throw tooLarge(limit());
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
}
