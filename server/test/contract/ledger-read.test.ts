import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { decodeBundle } from '@prooflog/proof';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, tempDir } from '../support/program.js';

let program: Program;
let key: string;
let base: string;
const data = tempDir();

beforeAll(async () => {
  program = await Program.start(data);
  const tenant = await program.tenant('acme');
  key = tenant.key;
  base = `/ledger/${tenant.id}/audit`;
  await program.post('/v1/events?wait=sealed', key, [auditEvent(), auditEvent()]);
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
});

/** As a plain client: nothing is decoded behind our back. */
function get(path: string, encoding?: string): Promise<{ status: number; encoding: string; body: Buffer }> {
  const headers = {
    authorization: `Bearer ${key}`,
    ...(encoding === undefined ? {} : { 'accept-encoding': encoding }),
  };
  return new Promise((resolve, reject) => {
    const call = request(new URL(path, program.url), { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          encoding: response.headers['content-encoding'] ?? '',
          body: Buffer.concat(chunks),
        }),
      );
    });
    call.on('error', reject);
    call.end();
  });
}

it('gives a bundle of entries compressed to whoever takes it so, and as it is to others', async () => {
  const path = `${base}/tile/entries/000.p/2`;
  const plain = await get(path);
  expect(plain).toMatchObject({ status: 200, encoding: '' });
  expect(decodeBundle(plain.body)).toHaveLength(2);
  for (const header of ['gzip', 'br, gzip;q=0.5', 'deflate,gzip , br']) {
    const packed = await get(path, header);
    expect(packed.encoding, header).toBe('gzip');
    expect(packed.body.length).toBeLessThan(plain.body.length);
    expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
  }
  for (const header of ['identity', 'br', 'gzip;q=0', 'gzip; q=0.0, br', 'notgzip'])
    expect(await get(path, header), header).toEqual(plain);
});

it('gives tiles as they are: hashes do not get smaller', async () => {
  const tile = await get(`${base}/tile/0/000.p/2`, 'gzip');
  expect(tile).toMatchObject({ status: 200, encoding: '' });
  expect(tile.body).toHaveLength(64);
});

it('knows the paths of tlog-tiles and no others', async () => {
  for (const path of [
    'tile/0/000',
    'tile/0/000.p/3',
    'tile/0/0',
    'tile/00/000.p/2',
    'tile/64/000',
    'tile/entries/x000/000',
    'tile/0/000.p/002',
    'tile/0/..%2f..%2fcheckpoint',
    'tile/data/000.p/2',
  ])
    expect((await get(`${base}/${path}`)).status, path).toBe(404);
});
