import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalize } from '../../canonical/canonicalize.js';
import { EXPORT_FORMAT, type Manifest, manifestNoteText } from '../../export/manifest.js';
import { formatProofLine } from '../../export/proof-line.js';
import { concat, toHex, utf8 } from '../../hash/bytes.js';
import { leafHash, sha256 } from '../../hash/tree-hash.js';
import { rootOfLeafHashes } from '../../merkle/compute.js';
import { setPathOfLeafHashes } from '../../merkle/set-proof.js';
import { formatCheckpoint } from '../../note/checkpoint.js';
import { formatVkey, type NoteSigner, signEd25519Note } from '../../note/note.js';
import { verifyExport } from './index.js';

const HOST = 'test.example/t1';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const pub = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
const signer = (name: string): NoteSigner => ({
  name,
  pub,
  sign: (message) => new Uint8Array(sign(null, message, privateKey)),
});
const ORIGIN = `${HOST}/audit`;
const VKEY = formatVkey(ORIGIN, pub);

const records = Array.from({ length: 10 }, (_, i) =>
  utf8(canonicalize({ event_id: `00000000-0000-7000-8000-00000000000${i}`, n: i })),
);
const hashes = records.map(leafHash);

interface Parts {
  leaves: number[];
  /** Leaves whose bytes are left out. */
  without?: number[];
  minimumIndex?: number;
  erased?: number[];
  manifest?: Partial<Manifest>;
}

/** An export made by hand, as the server will make it once records end. */
async function made({ leaves, without = [], minimumIndex, erased = [], manifest = {} }: Parts) {
  const lines = leaves.map((leaf) => {
    const line = formatProofLine({ leaf, records: [{ slot: 0, hash: hashes[leaf] as Uint8Array }] });
    return erased.includes(leaf) ? line.replace('{', '{"erased":true,') : line;
  });
  const checkpoint = formatCheckpoint({ origin: ORIGIN, size: 10, root: rootOfLeafHashes(hashes) });
  const kept = leaves.filter((leaf) => !without.includes(leaf));
  const files = new Map<string, Uint8Array>([
    ['vkeys', utf8(`${VKEY}\n`)],
    ['records/audit.ndjson', concat(...kept.flatMap((leaf) => [records[leaf] as Uint8Array, utf8('\n')]))],
    ['proofs/audit.ndjson', utf8(lines.map((line) => `${line}\n`).join(''))],
    ['proofs/audit.path', await setPathOfLeafHashes(leaves, hashes)],
    ['proofs/audit.checkpoint', utf8(await signEd25519Note(checkpoint, signer(ORIGIN)))],
  ]);
  const log = { stream: 'audit', origin: ORIGIN, size: 10, records: leaves.length };
  const about: Manifest = {
    format: EXPORT_FORMAT,
    tenant: { id: 't1', slug: 'acme' },
    created_at: '2026-11-21T00:00:00.000Z',
    created_by: { credential: 'k1', role: 'reader' },
    query: '*',
    from: '',
    to: '',
    streams: ['audit'],
    records: leaves.length,
    logs: [minimumIndex === undefined ? log : { ...log, minimum_index: minimumIndex }],
    files: Object.fromEntries(
      [...files].map(([name, bytes]) => [name, { bytes: bytes.length, sha256: toHex(sha256(bytes)) }]),
    ),
    ...manifest,
  };
  const bytes = utf8(JSON.stringify(about));
  files.set('manifest.json', bytes);
  files.set('manifest.note', utf8(await signEd25519Note(manifestNoteText(bytes), signer(HOST))));
  return {
    files,
    verify: (options: Parameters<typeof verifyExport>[1] = {}) =>
      verifyExport(
        { names: [...files.keys()], read: async (name) => files.get(name) as Uint8Array },
        options,
      ),
  };
}

describe('states', () => {
  it('verified: all that was chosen; the whole log is told apart', async () => {
    const some = await (await made({ leaves: [2, 3, 9] })).verify();
    expect([some.state, some.counts.verified, some.logs[0]?.whole]).toEqual(['verified', 3, false]);
    const all = await (await made({ leaves: hashes.map((_, i) => i) })).verify({ vkeys: [VKEY] });
    expect([all.state, all.key, all.logs[0]?.whole]).toEqual(['verified', 'trusted', true]);
    const none = await (await made({ leaves: [] })).verify();
    expect([none.state, none.counts.verified]).toEqual(['verified', 0]);
  });

  it('expired: no bytes, below the declared minimum index, and the hash still proven', async () => {
    const report = await (await made({ leaves: [1, 2, 7], without: [1, 2], minimumIndex: 3 })).verify();
    expect(report.state).toBe('verified');
    expect(report.counts).toMatchObject({ verified: 1, expired: 2, tampered: 0 });
    expect(report.records.filter((r) => r.state === 'expired').map((r) => r.leaf)).toEqual([1, 2]);
  });

  it('not expired at or above it, nor without it: the record is missing', async () => {
    for (const minimumIndex of [undefined, 2]) {
      const parts = { leaves: [1, 2, 7], without: [2] };
      const report = await (
        await made(minimumIndex === undefined ? parts : { ...parts, minimumIndex })
      ).verify();
      expect(report.state).toBe('tampered');
      expect(report.findings).toMatchObject([{ code: 'record_missing', leaf: 2 }]);
    }
  });

  it('expired needs the proof as well: another hash in its line is tampering', async () => {
    const { files, verify } = await made({ leaves: [1, 7], without: [1], minimumIndex: 3 });
    const text = new TextDecoder().decode(files.get('proofs/audit.ndjson'));
    files.set('proofs/audit.ndjson', utf8(text.replace(toHex(hashes[1] as Uint8Array), '7'.repeat(64))));
    expect((await verify()).counts).toMatchObject({ expired: 0, tampered: 2 });
  });

  it('erased: is unknown, and why, as long as the erasure is only said, whether the bytes are there or not', async () => {
    for (const without of [[], [1]]) {
      const report = await (await made({ leaves: [1, 7], without, erased: [1] })).verify();
      expect(report.state).toBe('unknown');
      expect(report.counts).toMatchObject({ verified: 1, erased: 0, unknown: 1, tampered: 0 });
      expect(report.open.join()).toContain('said to be erased');
    }
  });

  it('unknown: nothing is wrong, but the keys are of other logs', async () => {
    const report = await (await made({ leaves: [1] })).verify({
      vkeys: [formatVkey('other.example/a/b', pub)],
    });
    expect([report.state, report.counts.unknown, report.findings.length]).toEqual(['unknown', 1, 0]);
  });
});

describe('an operator who signs anew cannot', () => {
  it('say more or fewer records than there are', async () => {
    const report = await (await made({ leaves: [1], manifest: { records: 2 } })).verify();
    expect(report.findings).toMatchObject([{ code: 'manifest_invalid' }]);
  });

  it('leave a log out of the manifest', async () => {
    const report = await (
      await made({ leaves: [1], manifest: { logs: [], records: 0, files: {} } })
    ).verify();
    expect(report.findings.map((f) => f.code)).toContain('file_added');
  });

  it('name a log of another tenant or size', async () => {
    for (const log of [{ origin: 'test.example/t2/audit' }, { size: 11 }]) {
      const logs = [{ stream: 'audit', origin: ORIGIN, size: 10, records: 1, ...log }];
      expect((await (await made({ leaves: [1], manifest: { logs } })).verify()).state).toBe('tampered');
    }
  });
});

describe('what cannot be read', () => {
  it('is named, whatever it is', async () => {
    const rubbish = ['', 'x', '{}', '[]', 'null', '\u0000', '{"leaf":1e9}\n', '{"hash":1,"leaf":1}\n'].map(
      utf8,
    );
    const { files, verify } = await made({ leaves: [1, 2] });
    for (const name of [...files.keys()])
      for (const bytes of [...rubbish, Uint8Array.of(0xff, 0xfe)]) {
        const whole = files.get(name) as Uint8Array;
        files.set(name, bytes);
        const report = await verify();
        expect(report.state, name).toBe('tampered');
        expect(report.findings.map((f) => f.path)).toContain(name);
        files.set(name, whole);
      }
    expect((await verify()).state).toBe('verified');
  });

  it('proves the records without a manifest, but does not call the export verified', async () => {
    const { files, verify } = await made({ leaves: [1, 2] });
    files.delete('manifest.json');
    files.delete('manifest.note');
    const report = await verify();
    expect([report.state, report.counts.verified]).toEqual(['tampered', 2]);
  });
});
