import { hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPublicKey, formatVkey, parseLogVkey, verifyEd25519 } from '@prooflog/proof';
import { expect, it } from 'vitest';
import { decrypt, encrypt } from '../../src/base/aead.js';
import { goModule } from '../support/go-module.js';
import { describeWith } from '../support/real-part.js';

/** T4: other people's test vectors, by their pinned versions. */

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const read = (dir: string | null, name: string): unknown =>
  JSON.parse(readFileSync(join(dir ?? '', name), 'utf8'));

const edges = goModule(
  'filippo.io/mostly-harmless/ed25519vectors',
  'v0.0.0-20210322192420-30a2d7243a94',
  'h1:oHn3iEYQCHVcHLEqtzCSizBZcnOSFk61oo8tKsbNrqI=',
);
const wycheproof = goModule(
  'github.com/c2sp/wycheproof',
  'v0.0.0-20260902155932-3fa63dd0344a',
  'h1:pNbL2nztRsWfW/ispAwsvcDFxs9Id38uIsR2/Up5G2c=',
);

interface Edge {
  readonly A: string;
  readonly R: string;
  readonly S: string;
  readonly M: string;
  readonly Flags: readonly string[] | null;
}

describeWith('Go, or the module ed25519vectors', edges !== null, 'edge cases of Ed25519', () => {
  const vectors = (): Edge[] => read(edges, 'ed25519vectors.json') as Edge[];
  const REFUSED = ['LowOrderA', 'NonCanonicalA', 'NonCanonicalR', 'LowOrderResidue'];

  it('hold under the rule of proof/src/note/ed25519.ts, and under no other', () => {
    let held = 0;
    for (const [i, { A, R, S, M, Flags }] of vectors().entries()) {
      const holds = !(Flags ?? []).some((flag) => REFUSED.includes(flag));
      const signature = Buffer.concat([hex(R), hex(S)]);
      expect(verifyEd25519(hex(A), Buffer.from(M), signature), `vector ${i}: ${Flags}`).toBe(holds);
      held += Number(holds);
    }
    expect(vectors()).toHaveLength(768);
    expect(held).toBeGreaterThan(0);
  });

  it('no key of low order, in whole or in part, and none in another encoding can be registered', () => {
    const keys = new Map(vectors().map(({ A, Flags }) => [A, Flags ?? []]));
    for (const [key, flags] of keys) {
      const sound = !flags.some((flag) =>
        ['LowOrderA', 'NonCanonicalA', 'LowOrderComponentA'].includes(flag),
      );
      expect(checkPublicKey(hex(key)) === 'ok', `${key}: ${flags}`).toBe(sound);
      const register = () => parseLogVkey(formatVkey('example.com/log', hex(key)));
      if (sound) expect(register().name).toBe('example.com/log');
      else expect(register).toThrow('not a sound');
    }
  });
});

interface Group<T> {
  readonly testGroups: readonly (T & { tests: readonly Test[] })[];
}
type Test = { readonly tcId: number; readonly result: 'valid' | 'invalid'; readonly size: number } & Readonly<
  Record<'msg' | 'sig' | 'key' | 'iv' | 'aad' | 'ct' | 'tag' | 'ikm' | 'salt' | 'info' | 'okm', string>
>;

describeWith('Go, or the module wycheproof', wycheproof !== null, 'Project Wycheproof', () => {
  const groups = <T>(name: string) =>
    (read(wycheproof, `testvectors_v1/${name}_test.json`) as Group<T>).testGroups;

  it('Ed25519', () => {
    const results = groups<{ publicKey: { pk: string } }>('ed25519').flatMap(({ publicKey, tests }) =>
      tests.map((test) => {
        const held = verifyEd25519(hex(publicKey.pk), hex(test.msg), hex(test.sig));
        expect(held, `test ${test.tcId}`).toBe(test.result === 'valid');
        return held;
      }),
    );
    expect(new Set(results).size).toBe(2);
  });

  it('AES-256-GCM as the vault uses it', () => {
    let seen = 0;
    for (const group of groups<Record<'ivSize' | 'keySize' | 'tagSize', number>>('aes_gcm')) {
      if (group.keySize !== 256 || group.tagSize !== 128) continue;
      for (const { tcId, result, ...t } of group.tests) {
        const [key, iv, aad] = [hex(t.key), hex(t.iv), hex(t.aad)] as const;
        const opened = decrypt(key, iv, aad, hex(t.ct + t.tag));
        const taken = result === 'valid' && group.ivSize === 96;
        expect(opened?.toString('hex') ?? null, `test ${tcId}`).toBe(taken ? t.msg : null);
        if (taken) expect(encrypt(key, iv, aad, hex(t.msg)).toString('hex')).toBe(t.ct + t.tag);
        seen += 1;
      }
    }
    expect(seen).toBeGreaterThan(50);
  });

  it('HKDF-SHA256 as the platform has it', () => {
    for (const { tests } of groups('hkdf_sha256'))
      for (const { tcId, result, size, ...t } of tests) {
        const make = () => Buffer.from(hkdfSync('sha256', hex(t.ikm), hex(t.salt), hex(t.info), size));
        if (result === 'valid') expect(make().toString('hex'), `test ${tcId}`).toBe(t.okm);
        else expect(make, `test ${tcId}`).toThrow();
      }
  });
});
