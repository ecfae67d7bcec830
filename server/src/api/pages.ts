import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
};

/** A built file of the pages, or the page itself for any other address: the browser's router knows them. */
export async function servePages(
  request: FastifyRequest,
  reply: FastifyReply,
  root: string,
): Promise<FastifyReply> {
  const path = normalize(decodePath(request.url));
  const file = extname(path) in TYPES && !path.includes('..') ? path : '/index.html';
  try {
    const body = await readFile(join(root, file));
    if (file.startsWith('/assets/'))
      void reply.header('cache-control', 'public, max-age=31536000, immutable');
    return reply
      .code(200)
      .type(TYPES[extname(file)] ?? 'application/octet-stream')
      .send(body);
  } catch {
    return reply
      .code(404)
      .type('text/plain; charset=utf-8')
      .send('There is no such page. Build the pages with: npm run build\n');
  }
}

function decodePath(url: string): string {
  try {
    return decodeURIComponent(url.split('?')[0] ?? '/');
  } catch {
    return '/';
  }
}
