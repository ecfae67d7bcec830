import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeBundle } from '@prooflog/proof';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Lab } from '../../test/support/lab.js';
import { removeDir, tempDir } from '../../test/support/program.js';

let dir: string;
let lab: Lab;

async function openLab(): Promise<void> {
  lab = await Lab.open(dir);
}
beforeEach(() => {
  dir = tempDir();
});
afterEach(async () => {
  await lab.close();
  removeDir(dir);
});

function filesOf(stream: string): string[] {
  const root = lab.logDir(stream);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(root, path)).isFile())
    .sort();
}

function write(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path)) chmodSync(path, 0o644);
  writeFileSync(path, bytes);
}

const flip = (bytes: Uint8Array, bit: number): Buffer => {
  const bad = Buffer.from(bytes);
  bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return bad;
};

async function fill(events: number, blocks: number): Promise<void> {
  await lab.send(events);
  await lab.sendLogs(blocks, 3);
  await lab.seal();
  await lab.round();
  expect(lab.allOpen()).toEqual([]);
}

describe('Scrubber', () => {
  it.each([0, 1, 255, 256, 257, 600])('finds nothing in an untouched ledger of %i entries', async (size) => {
    await openLab();
    await fill(size, 3);
    expect(await lab.alarms()).toEqual([]);
    expect(lab.scrubber.status().map((s) => [s.size, s.lastRound?.size])).toEqual([
      ...(size > 0 ? [[size, size]] : []),
      [3, 3],
    ]);
  });

  it('takes an earlier checkpoint of the log for its latest cosigned one, and nothing else', async () => {
    await openLab();
    await fill(3, 0);
    const path = join(lab.logDir('audit'), 'checkpoint.cosigned');
    const earlier = readFileSync(join(lab.logDir('audit'), 'checkpoint'));
    await lab.send(2);
    await lab.seal();
    write(path, earlier);
    expect(await lab.check('audit')).toEqual([]);
    for (let bit = 0; bit < earlier.length * 8; bit += 13) {
      write(path, flip(earlier, bit));
      expect(await lab.check('audit'), `bit ${bit}`).toEqual([
        { code: 'checkpoint_invalid', path: 'checkpoint.cosigned' },
      ]);
    }
  });

  it('finds every kind of damage to every kind of file, raises it once, and closes it when it is mended', async () => {
    await openLab();
    await fill(260, 257);
    const kinds: Record<string, (path: string, bytes: Buffer) => void> = {
      altered: (path, bytes) => write(path, flip(bytes, bytes.length * 4)),
      missing: (path) => rmSync(path),
      truncated: (path, bytes) => write(path, bytes.subarray(0, -1)),
      emptied: (path) => write(path, Buffer.alloc(0)),
      longer: (path, bytes) => write(path, Buffer.concat([bytes, Buffer.alloc(34)])),
      reordered: (path, bytes) =>
        write(path, Buffer.concat([bytes.subarray(bytes.length / 2), bytes.subarray(0, bytes.length / 2)])),
      folder: (path) => {
        rmSync(path);
        mkdirSync(path);
      },
      linked: (path) => {
        renameSync(path, join(dir, 'elsewhere'));
        symlinkSync(join(dir, 'elsewhere'), path);
      },
    };
    let alarms = 0;
    for (const stream of ['audit', 'logs']) {
      const blocks = /^block\/(?!000|256)/;
      for (const path of filesOf(stream).filter((p) => !blocks.test(p))) {
        for (const [kind, damage] of Object.entries(kinds)) {
          const what = `${kind} ${stream}/${path}`;
          const full = join(lab.logDir(stream), path);
          const bytes = readFileSync(full);
          damage(full, bytes);
          await lab.round();
          const [found, ...more] = lab.open(stream);
          expect([found?.path, more], what).toEqual([path, []]);
          if (/^(tile|block)/.test(path)) expect(found?.leaf, what).not.toBeNull();
          if (/^tile\/\d|^block/.test(path)) expect(found?.event_id, what).toMatch(/^[0-9a-f-]{36}$/);
          rmSync(full, { recursive: true, force: true });
          write(full, bytes);
          await lab.round();
          expect(lab.allOpen(), what).toEqual([]);
          alarms += 2;
        }
      }
    }
    const sealed = await lab.alarms();
    expect(sealed.length).toBe(alarms);
    expect(sealed.map((a) => a.action)).toEqual(
      Array.from({ length: alarms }, (_, i) => (i % 2 === 0 ? 'tamper_detected' : 'tamper_cleared')),
    );
  }, 120_000);

  it('finds every single flipped bit of a small log, at its entry', async () => {
    await openLab();
    await lab.send(2);
    await lab.sendLogs(1, 1);
    await lab.seal();
    for (const stream of ['audit', 'logs'])
      for (const path of filesOf(stream)) {
        const full = join(lab.logDir(stream), path);
        const bytes = readFileSync(full);
        // Where each entry ends, for the files that hold entries one behind the other.
        const entries = path.includes('entries') ? decodeBundle(bytes) : [];
        const ends = entries.map((e) => e.byteOffset - bytes.byteOffset + e.length);
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          write(full, flip(bytes, bit));
          const found = await lab.check(stream, /^(?:tile|block)/.test(path));
          const what = `${stream}/${path} bit ${bit}`;
          expect(new Set(found.map((f) => f.path)), what).toEqual(new Set([path]));
          if (path.startsWith('tile/0')) expect(found[0]?.index, what).toBe(Math.floor(bit / 256));
          const at = ends.findIndex((end) => bit >> 3 < end);
          const broken = found[0]?.code === 'bundle_broken';
          if (at >= 0) expect(found[0]?.index, what).toBe(broken ? 0 : at);
        }
        write(full, bytes);
        expect(await lab.check(stream)).toEqual([]);
      }
  }, 120_000);

  it('holds the directory against the manifest and finds foreign files and folders at start', async () => {
    await openLab();
    await fill(600, 2);
    await lab.close();
    rmSync(join(lab.logDir('audit'), 'tile/entries/001'));
    write(
      join(lab.logDir('audit'), 'tile/0/000'),
      readFileSync(join(lab.logDir('audit'), 'tile/0/000')).subarray(32),
    );
    // Left over from a crash: no finding, and gone.
    const left = join(lab.logDir('audit'), 'tile/0/000.77.3.tmp');
    write(left, Buffer.from('half'));
    write(join(lab.logDir('audit'), 'notes/plan.txt'), Buffer.from('x'));
    write(join(lab.logDir('audit'), 'block/007'), Buffer.from('x'));
    write(join(lab.logDir('nobody'), 'tile/0/000'), Buffer.from('x'));
    write(join(lab.ledgerDir, 'stranger/file'), Buffer.from('x'));
    await openLab();
    await lab.round();
    const found = lab.scrubber
      .status()
      .flatMap((s) => s.findings.map((f) => [s.log, f.path, f.code, f.leaf]));
    const audit = `${lab.tenant}/audit`;
    expect(found).toEqual(
      expect.arrayContaining([
        [audit, 'tile/entries/001', 'file_missing', 256],
        [audit, 'tile/0/000', 'file_altered', 0],
        [audit, 'notes/plan.txt', 'file_added', null],
        [audit, 'block/007', 'file_added', 7],
        [`${lab.tenant}/-`, 'nobody', 'file_added', null],
        ['-/-', 'stranger', 'file_added', null],
      ]),
    );
    expect(found.length).toBe(6);
    expect(existsSync(left)).toBe(false);
    // What belongs to no tenant has no stream a record could go to.
    expect((await lab.alarms()).map((a) => a.metadata.details.path).sort()).toEqual(
      ['block/007', 'nobody', 'notes/plan.txt', 'tile/0/000', 'tile/entries/001'].sort(),
    );
    const count = (await lab.alarms()).length;
    await lab.close();
    await openLab();
    await lab.round();
    expect(lab.allOpen().length).toBe(6);
    expect((await lab.alarms()).length).toBe(count);
    for (const path of ['stranger', `${lab.tenant}/nobody`, `${audit}/notes`, `${audit}/block`])
      rmSync(join(lab.ledgerDir, path), { recursive: true });
    await lab.round();
    expect(
      lab
        .allOpen()
        .map((f) => f.path)
        .sort(),
    ).toEqual(['tile/0/000', 'tile/entries/001']);
  });

  it('checks what was newly sealed before the round comes to it', async () => {
    await openLab();
    await fill(600, 1);
    await lab.send(300);
    await lab.seal();
    const path = join(lab.logDir('audit'), 'tile/entries/002');
    const bytes = readFileSync(path);
    write(path, flip(bytes, bytes.length * 4));
    // The first step is of what is new: the third bundle, from where the proven ones end.
    await lab.scrubber.step();
    await lab.scrubber.step();
    await lab.scrubber.step();
    expect(lab.open().map((f) => f.path)).toEqual(['tile/entries/002']);
    expect(lab.scrubber.status().find((s) => s.log.endsWith('/audit'))?.position).toBeLessThan(600);
  });

  it('finds nothing while the sealer works as fast as it can', async () => {
    await openLab();
    const sealer = lab.startSealer();
    let sending = true;
    const senders = [0, 1].map(async (n) => {
      for (let i = 0; i < 60; i++) await (n === 0 ? lab.send(1 + ((i * 37) % 90)) : lab.sendLogs(3, 2));
    });
    const scrubbing = (async () => {
      while (sending) {
        await lab.scrubber.step();
        await new Promise(setImmediate);
      }
    })();
    await Promise.all(senders);
    sending = false;
    await scrubbing;
    await sealer.sealedTo(lab.durable, AbortSignal.timeout(30_000));
    await lab.round();
    expect(lab.allOpen()).toEqual([]);
    expect(lab.scrubber.totalFindings).toBe(0);
    const audit = lab.scrubber.status().find((s) => s.log.endsWith('/audit'));
    expect(audit?.lastRound?.size).toBe(audit?.size);
  }, 60_000);
});
