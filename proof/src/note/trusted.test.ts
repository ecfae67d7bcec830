import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatNote, formatVkey, type NoteSigner, parseNote, signEd25519Note, verifyNote } from './note.js';
import { trustOf } from './trusted.js';

const NAME = 'log.example/t/audit';
const TEXT = 'log.example/t/audit\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n';

function keyOf(name = NAME): NoteSigner & { vkey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const pub = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
  return {
    name,
    pub,
    vkey: formatVkey(name, pub),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

const [old, fresh, stranger] = [keyOf(), keyOf(), keyOf()];
const overlap = await signEd25519Note(TEXT, old, fresh);

describe('trustOf', () => {
  it.each([
    ['the old key', [old.vkey], 'held'],
    ['the new key', [fresh.vkey], 'held'],
    ['both', [old.vkey, fresh.vkey], 'held'],
    ['a stranger and one of them', [stranger.vkey, fresh.vkey], 'held'],
    ['a stranger', [stranger.vkey], 'none'],
    ['no key', [], 'none'],
    ['the same key under another name', [formatVkey('log.example/t/logs', old.pub)], 'none'],
  ])('of a note with two signatures, to who holds %s', (_who, vkeys, trust) => {
    expect(trustOf(overlap, NAME, vkeys).trust).toBe(trust);
    // What lies beside it opens the question, and answers nothing.
    const open = trust === 'none' ? 'another key' : trust;
    expect(trustOf(overlap, NAME, vkeys, ['nonsense', fresh.vkey]).trust).toBe(trust);
    expect(trustOf(overlap, NAME, vkeys, [fresh.vkey]).trust).toBe(open);
  });

  it('sees no signature where nobody signed in the name', () => {
    const renamed = overlap.replaceAll(`— ${NAME}`, '— log.example/w');
    expect(trustOf(renamed, NAME, [old.vkey], [fresh.vkey]).trust).toBe('none');
  });

  it('does not take a retired key for the one that is trusted', async () => {
    expect(trustOf(await signEd25519Note(TEXT, old), NAME, [fresh.vkey]).trust).toBe('none');
  });

  it('a signature of a known key that does not hold condemns the note, whatever the other says', () => {
    const { text, signatures } = parseNote(overlap);
    const [first, second] = signatures as [(typeof signatures)[0], (typeof signatures)[0]];
    const signature = first.signature.map((byte, i) => (i === 5 ? byte ^ 1 : byte));
    const broken = formatNote({ text, signatures: [{ ...first, signature }, second] });
    expect(() => trustOf(broken, NAME, [old.vkey, fresh.vkey])).toThrow('does not hold');
    // Who does not know the old key passes its signature over.
    expect(trustOf(broken, NAME, [fresh.vkey]).trust).toBe('held');
  });
});

describe('verifyNote', () => {
  it('counts two keys of one name once, and one key under two names as two', async () => {
    expect(verifyNote(overlap, [old.vkey, fresh.vkey]).verifiedBy).toEqual([NAME]);
    const other = { ...old, name: 'log.example/t' };
    const both = await signEd25519Note(TEXT, old, other);
    const keys = [old.vkey, formatVkey(other.name, old.pub)];
    expect(verifyNote(both, keys).verifiedBy).toEqual([NAME, other.name]);
  });
});
