import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  consistencyPath,
  formatCheckpoint,
  formatNote,
  formatVkey,
  inclusionPathOfLeafHashes,
  leafHash,
  parseNote,
  parseSignatureLines,
  parseVkey,
  rootOfLeafHashes,
  signEd25519Note,
  toBase64,
  utf8,
  verifyCosignatures,
} from '@prooflog/proof';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../base/database.js';
import { signingKey } from '../base/ed25519.js';
import { parseKnownLogs } from './known-logs.js';
import { formatAddCheckpoint, parseAddCheckpoint } from './request.js';
import { type WitnessTables, witnessMigrations } from './tables.js';
import { Witness, type WitnessAnswer } from './witness.js';

const log = { name: 'example.com/log', ...signingKey(Buffer.alloc(32, 1)) };
const LOGS = parseKnownLogs(`# logs\n\n${formatVkey(log.name, log.pub)}\n`);
const MINE = { name: 'witness.example/w', ...signingKey(Buffer.alloc(32, 2)) };

/** Two histories of one log that share their first 40 leaves. */
const HISTORIES = ['a', 'b'].map((side) =>
  Array.from({ length: 80 }, (_, i) => leafHash(utf8(`${i < 40 ? '' : side}${i}`))),
);

async function bodyOf(history: number, old: number, size: number, signer = log): Promise<Buffer> {
  const leaves = (HISTORIES[history] as Uint8Array[]).slice(0, size);
  const text = formatCheckpoint({ origin: log.name, size, root: rootOfLeafHashes(leaves) });
  const path =
    old <= size
      ? await consistencyPath(old, size, async (level, index) =>
          rootOfLeafHashes(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)),
        )
      : [];
  const signed = await signEd25519Note(text, signer);
  return Buffer.from(formatAddCheckpoint(old, path.map(toBase64), signed));
}

let dir: string;
let close: () => Promise<void> = async () => undefined;
let now = 1_700_000_000_000;

async function open(): Promise<Witness> {
  await close();
  const control = await openDatabase<WitnessTables>(join(dir, 'control.db'), witnessMigrations);
  close = control.close;
  return Witness.load(control.db, LOGS, MINE, () => now);
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'prooflog-witness-'));
  now = 1_700_000_000_000;
});
afterEach(async () => {
  await close();
  close = async () => undefined;
  rmSync(dir, { recursive: true, force: true });
});

/** Time of the cosignature in an answer, having checked it against the checkpoint that was sent. */
function timeOf(witness: Witness, body: Uint8Array, answer: WitnessAnswer): number {
  if (answer.kind !== 'cosigned') throw new Error(`not cosigned: ${answer.size}`);
  const { note } = parseAddCheckpoint(body);
  const signatures = [...note.signatures, ...parseSignatureLines(answer.lines)];
  const [found] = verifyCosignatures(parseNote(formatNote({ ...note, signatures })), [
    parseVkey(witness.vkey),
  ]);
  return found?.time ?? 0;
}

describe('Witness', () => {
  it('cosigns a log as it grows, also after a restart, and says where it stands', async () => {
    let witness = await open();
    for (const [old, size] of [
      [0, 0],
      [0, 3],
      [3, 3],
      [3, 64],
      [64, 77],
    ] as const) {
      const body = await bodyOf(0, old, size);
      expect(timeOf(witness, body, await witness.addCheckpoint(body))).toBe(1_700_000_000);
      witness = await open();
      expect(await witness.addCheckpoint(await bodyOf(0, size + 1, 80))).toEqual({ kind: 'conflict', size });
    }
  });

  it('never states a time before an earlier one', async () => {
    let witness = await open();
    let body = await bodyOf(0, 0, 1);
    expect(timeOf(witness, body, await witness.addCheckpoint(body))).toBe(1_700_000_000);
    now -= 86_400_000;
    witness = await open();
    body = await bodyOf(0, 1, 2);
    expect(timeOf(witness, body, await witness.addCheckpoint(body))).toBe(1_700_000_000);
    now += 2 * 86_400_000;
    body = await bodyOf(0, 2, 3);
    expect(timeOf(witness, body, await witness.addCheckpoint(body))).toBe(1_700_086_400);
  });

  it('refuses as the specification has it', async () => {
    const witness = await open();
    const code = async (body: Uint8Array | string): Promise<string> =>
      witness.addCheckpoint(Buffer.from(body)).then(
        () => 'taken',
        (error: { code: string }) => error.code,
      );
    const good = (await bodyOf(0, 0, 5)).toString();
    const other = { ...log, ...signingKey(Buffer.alloc(32, 9)) };
    expect(await code(good.replaceAll('example.com/log', 'example.com/else'))).toBe('unknown_log');
    expect(await code(await bodyOf(0, 0, 5, other))).toBe('untrusted_checkpoint');
    expect(await code(await bodyOf(0, 0, 5, { ...log, sign: other.sign }))).toBe('untrusted_checkpoint');
    expect(await code(await bodyOf(0, 6, 5))).toBe('bad_request');
    expect(await code(good.replace('old 0\n', `old 0\n${toBase64(leafHash(utf8('x')))}\n`))).toBe(
      'inconsistent',
    );
    const hash = `${toBase64(new Uint8Array(32))}\n`;
    for (const wrong of [
      '',
      'old 0',
      'old 0\n',
      'old 0\n\n',
      good.replace('old 0', 'old 00'),
      good.replace('old 0', 'old -1'),
      good.replace('old 0', 'new 0'),
      good.replace('old 0\n', `old 0\n${'A'.repeat(43)}\n`),
      good.replace('old 0\n', `old 0\n${hash.repeat(64)}`),
      good.replace('\n5\n', '\n05\n'),
      good.replace('\n5\n', '\n99999999999999999999\n'),
      good.slice(0, -1),
    ])
      expect(await code(wrong)).toBe('bad_request');
    expect(await code(good)).toBe('taken');
    const path = inclusionPathOfLeafHashes(0, (HISTORIES[0] as Uint8Array[]).slice(0, 9)).map(toBase64);
    const nine = (await bodyOf(0, 9, 9)).toString().slice('old 9\n\n'.length);
    expect(await code(formatAddCheckpoint(5, path, nine))).toBe('inconsistent');
    const five = good.slice('old 0\n\n'.length);
    expect(await code(formatAddCheckpoint(5, path.slice(0, 1), five))).toBe('inconsistent');
  });

  it('answers 409 to another tree of the size it saw, the empty one included', async () => {
    const witness = await open();
    const junk = formatCheckpoint({ origin: log.name, size: 0, root: leafHash(utf8('junk')) });
    const empty = formatAddCheckpoint(0, [], await signEd25519Note(junk, log));
    expect(await witness.addCheckpoint(Buffer.from(empty))).toEqual({ kind: 'conflict', size: 0 });
    await witness.addCheckpoint(await bodyOf(0, 0, 60));
    expect(await witness.addCheckpoint(await bodyOf(1, 60, 60))).toEqual({ kind: 'conflict', size: 60 });
  });

  it('cosigns one history only, whatever is sent in whatever order, side by side', async () => {
    const request = fc.record({ history: fc.nat(1), old: fc.nat(80), size: fc.nat(80), batch: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 5, maxLength: 25 }), async (requests) => {
        rmSync(join(dir, 'control.db'), { force: true });
        const witness = await open();
        let size = 0;
        const roots = new Map<number, string>();
        for (let i = 0; i < requests.length; ) {
          const count = 1 + (requests[i]?.batch ?? 0);
          // Half of them from where the witness stands, or hardly any would be taken.
          const batch = requests
            .slice(i, i + count)
            .map((r, j) => ({ ...r, old: j % 2 === 0 ? size : r.old }));
          i += count;
          const bodies = await Promise.all(batch.map((r) => bodyOf(r.history, r.old, r.size)));
          const answers = await Promise.allSettled(bodies.map((body) => witness.addCheckpoint(body)));
          for (const [j, answer] of answers.entries()) {
            if (answer.status === 'rejected' || answer.value.kind !== 'cosigned') continue;
            const { checkpoint, old } = parseAddCheckpoint(bodies[j] as Buffer);
            expect(old).toBe(size);
            size = checkpoint.size;
            const root = toBase64(checkpoint.root);
            expect(roots.get(size) ?? root).toBe(root);
            roots.set(size, root);
          }
        }
        const sides = HISTORIES.filter((leaves) =>
          [...roots].every(([n, root]) => toBase64(rootOfLeafHashes(leaves.slice(0, n))) === root),
        );
        expect(sides.length).toBeGreaterThan(0);
      }),
      { numRuns: 15 },
    );
  });
});

describe('parseKnownLogs', () => {
  it('names the line of a key that is not a log’s', () => {
    expect(() =>
      parseKnownLogs(`${formatVkey(log.name, log.pub)}\n${formatVkey('w', log.pub, 4)}\n`),
    ).toThrow('Line 2');
    expect(() => parseKnownLogs('nonsense')).toThrow('Line 1');
    expect([...parseKnownLogs('').keys()]).toEqual([]);
  });
});
