import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ownIdNeedles } from './needles.js';
import { folder, scanPlaces } from './scan.js';

const dir = mkdtempSync(join(tmpdir(), 'prooflog-scan-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ID = 'ada.lovelace@example.org';
const WINDOW = 4 * 2 ** 20;

async function foundIn(bytes: Buffer): Promise<number> {
  writeFileSync(join(dir, 'file'), bytes);
  const [report] = await scanPlaces([folder('here', dir)], ownIdNeedles(ID));
  return report?.found.length ?? 0;
}

describe('scan', () => {
  it.each<[string, (id: string) => string]>([
    ['plain', (id) => id],
    ['lower case', (id) => id.toLowerCase()],
    ['upper case', (id) => id.toUpperCase()],
    ['hex', (id) => Buffer.from(id).toString('hex')],
    ['HEX', (id) => Buffer.from(id).toString('hex').toUpperCase()],
    ['percent', (id) => encodeURIComponent(id)],
    ['JSON', (id) => JSON.stringify(id)],
    ['base64', (id) => Buffer.from(id).toString('base64')],
    ['base64 behind one byte', (id) => Buffer.from(`x${id}y`).toString('base64')],
    ['base64 behind two bytes', (id) => Buffer.from(`xx${id}`).toString('base64')],
    ['base64url', (id) => Buffer.from(`{"user":"${id}"}`).toString('base64url')],
  ])('finds the id in %s', async (_name, write) => {
    expect(await foundIn(Buffer.from(`before ${write(ID)} after`))).toBe(1);
  });

  it('finds it wherever it stands, also across the edge of a window', async () => {
    const needle = Buffer.from(ID);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -needle.length, max: needle.length }), async (shift) => {
        const bytes = Buffer.alloc(WINDOW + 4_096, 0x20);
        bytes.set(needle, WINDOW + shift);
        expect(await foundIn(bytes)).toBe(1);
      }),
      { numRuns: 30 },
    );
    expect(await foundIn(Buffer.alloc(2 * WINDOW, 0x20))).toBe(0);
  });

  it('says what it looked at, and where nothing was', async () => {
    rmSync(join(dir, 'file'));
    mkdirSync(join(dir, 'a/b'), { recursive: true });
    writeFileSync(join(dir, 'a/b/c'), 'twelve bytes');
    const reports = await scanPlaces(
      [folder('there', join(dir, 'a')), folder('nowhere', join(dir, 'missing'))],
      ownIdNeedles(ID),
    );
    expect(reports).toEqual([
      { place: 'there', files: 1, bytes: 12, found: [], unread: [] },
      { place: 'nowhere', files: 0, bytes: 0, found: [], unread: [] },
    ]);
  });

  it('says what it could not look at', async () => {
    const broken = {
      name: 'bucket',
      async *contents() {
        yield {
          name: 'object',
          async *read(): AsyncGenerator<Uint8Array> {
            yield Buffer.from('some');
            throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
          },
        };
        throw Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
      },
    };
    const [report] = await scanPlaces([broken], ownIdNeedles(ID));
    expect(report).toMatchObject({
      files: 0,
      unread: [
        { file: 'object', code: 'ECONNRESET' },
        { file: 'bucket', code: 'ECONNREFUSED' },
      ],
    });
  });
});
