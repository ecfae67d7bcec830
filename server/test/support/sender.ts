import { request } from 'node:http';
import { connect } from 'node:net';

const PIECE = 2 ** 16;

export function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let i = 0; i < bytes.length; i += PIECE) yield bytes.subarray(i, i + PIECE);
}

/** Spaces: white space is JSON, as far as it goes. */
export function* spaces(count = Number.POSITIVE_INFINITY): Generator<Buffer> {
  const piece = Buffer.alloc(PIECE, ' ');
  for (let sent = 0; sent < count; sent += PIECE) yield piece;
}

/**
 * Posts a body piece by piece, as fast as it is taken, and stops when the answer is there: `fetch` can neither
 * send a body without end nor read an answer given before its end.
 */
export function postPieces(
  url: string,
  headers: Record<string, string>,
  pieces: Iterator<Buffer>,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', headers });
    let answered = false;
    const next = (): void => {
      while (!answered) {
        const { value, done } = pieces.next();
        if (done) return void sending.end();
        if (!sending.write(value)) return;
      }
    };
    sending.on('drain', next);
    // The connection may be cut under a body that is refused; then the answer came before.
    sending.on('error', (error) => answered || reject(error));
    sending.on('response', (response) => {
      answered = true;
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('close', () => {
        sending.destroy();
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    next();
  });
}

/** Sends bytes as they are, ends its side, and gives back all that was answered. */
export function sendRaw(url: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }, () =>
      socket.end(bytes),
    );
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('error', () => undefined);
    socket.on('end', () => socket.destroy());
    socket.on('close', () => resolve(text));
  });
}
