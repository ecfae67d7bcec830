import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Checkpoint,
  decodeBundle,
  type Finding,
  parseCheckpoint,
  parseNote,
  parsePath,
  verifyLog,
  Walk,
} from '@prooflog/proof';
import { runVerify } from '@prooflog/proof/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realDisk } from '../../../src/base/disk.js';
import { entries, withLedger } from '../../support/ledger.js';
import { removeDir, tempDir } from '../../support/program.js';
import { changed, type Files, flipped, readFiles } from '../../support/stored-log.js';

/** T3: whoever holds the verifier key and nothing else finds every bit that was turned over, and where. */

const dir = tempDir();
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

class StoredLog {
  readonly files: Files;
  readonly vkey: string;
  readonly checkpoint: Checkpoint;

  constructor(readonly dir: string) {
    this.files = readFiles(dir);
    this.vkey = text(this.files.get('vkey')).trim();
    this.checkpoint = parseCheckpoint(parseNote(this.files.get('checkpoint') as Uint8Array).text);
  }

  /** What one pass over the log finds; without the signature, which takes longer than the pass. */
  async walk(path: string, bytes: Uint8Array): Promise<Finding[]> {
    const findings: Finding[] = [];
    const { size, root } = this.checkpoint;
    const { read } = changed(this.files, new Map([[path, bytes]]));
    const walk = new Walk({ read, size, root, report: (finding) => findings.push(finding) });
    for await (const _ of walk.steps());
    return findings;
  }

  /** The leaf that a byte of a file belongs to; null for a length in a bundle, which concerns all behind it. */
  leafAt(path: string, byte: number): number | null {
    const p = parsePath(path);
    if (p === null) return null;
    if (p.kind === 'block') return p.leaf;
    if (p.kind === 'tile') return (p.index * 256 + Math.floor(byte / 32)) * 256 ** p.level;
    let at = 0;
    for (const [i, entry] of decodeBundle(this.files.get(path) as Uint8Array).entries()) {
      if (byte < at + 2) return null;
      at += 2 + entry.length;
      if (byte < at) return p.index * 256 + i;
    }
    return null;
  }

  async find(path: string, bit: number): Promise<void> {
    const found = await this.walk(path, flipped(this.files.get(path) as Uint8Array, bit));
    const leaf = this.leafAt(path, bit >> 3);
    const hit = found.some((f) => f.path === path && (leaf === null || f.index === leaf));
    if (!hit) expect(found, `bit ${bit} of ${path}, leaf ${leaf}`).toMatchObject([{ path, index: leaf }]);
  }

  get sealed(): string[] {
    return [...this.files.keys()].filter((path) => parsePath(path) !== null);
  }
}

const made = new Map<string, StoredLog>();
async function make(name: string, count: number): Promise<void> {
  const at = join(dir, name);
  mkdirSync(at);
  await withLedger(at, realDisk, (ledger) => ledger.seal(entries(0, count)));
  for (const stream of ['audit', 'logs'])
    made.set(`${name} ${stream}`, new StoredLog(join(at, 'ledger/t1', stream)));
}
const logOf = (name: string): StoredLog => made.get(name) as StoredLog;

beforeAll(async () => {
  await make('small', 40);
  await make('tiled', 334);
});
afterAll(() => removeDir(dir));

describe('one bit', () => {
  it.each(['small audit', 'small logs'])(
    'of any file of the log "%s" is found at its place',
    async (name) => {
      const log = logOf(name);
      for (const path of log.sealed)
        for (let bit = 0; bit < (log.files.get(path)?.length ?? 0) * 8; bit++) await log.find(path, bit);
    },
  );

  it('of the checkpoint is found with a key from elsewhere, and of either with the key beside it', async () => {
    const log = logOf('small audit');
    for (const [path, vkeys] of [
      ['checkpoint', [log.vkey]],
      ['checkpoint', []],
      ['vkey', []],
    ] as const) {
      const bytes = log.files.get(path) as Uint8Array;
      // Signatures are slow to check: with the key beside the log every eighth bit is enough.
      for (let bit = 0; bit < bytes.length * 8; bit += vkeys.length > 0 ? 1 : 9) {
        const source = changed(log.files, new Map([[path, flipped(bytes, bit)]]));
        const report = await verifyLog(source, { vkeys });
        expect(report, `bit ${bit} of ${path}`).toMatchObject({
          status: 'tampered',
          findings: [{ code: 'checkpoint_invalid', path: 'checkpoint' }],
        });
      }
    }
  });

  it('of a log of several tiles is found at its place: each seventh byte, each length, each hash', async () => {
    const log = logOf('tiled audit');
    expect(log.checkpoint.size).toBe(300);
    for (const path of log.sealed) {
      const bytes = log.files.get(path) as Uint8Array;
      const every = process.env.TEST_EVERY_BIT !== undefined;
      for (let byte = 0; byte < bytes.length; byte++) {
        const length = path.includes('entries') && log.leafAt(path, byte) === null;
        if (every || length) for (let bit = 0; bit < 8; bit++) await log.find(path, byte * 8 + bit);
        else if (byte % 7 === 0) await log.find(path, byte * 8 + ((byte / 7) % 8));
      }
    }
  }, 3_600_000);
});

describe('prooflog verify', () => {
  it('ends with 1 and names file and entry, for one bit in each file', async () => {
    for (const [name, log] of made) {
      const copy = join(dir, 'copy');
      for (const path of log.sealed) {
        const size = (log.files.get(path) as Uint8Array).length;
        const byte = Math.floor(size * 0.6);
        removeDir(copy);
        cpSync(log.dir, copy, { recursive: true });
        removeDir(join(copy, path));
        writeFileSync(join(copy, path), flipped(log.files.get(path) as Uint8Array, byte * 8 + 3));
        let out = '';
        const io = {
          out: (more: string) => {
            out += more;
          },
          err: () => undefined,
          env: {},
        };
        expect(await runVerify([copy, '--vkey', log.vkey], io), `${name} ${path}`).toBe(1);
        const leaf = log.leafAt(path, byte);
        expect(out, `${name} ${path}`).toContain(`${path} (entry ${leaf ?? ''}`);
      }
    }
  });
});
