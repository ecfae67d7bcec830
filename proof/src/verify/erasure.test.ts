import { describe, expect, it } from 'vitest';
import { canonicalize, type Json } from '../canonical/canonicalize.js';
import { utf8 } from '../hash/bytes.js';
import { ErasedSubjects, erasedSubject, subjectsOf } from './erasure.js';

const [GONE, HERE] = [`sub_${'a'.repeat(26)}`, `sub_${'b'.repeat(26)}`];
const erasure = (parts: object = {}): object => ({
  action: 'subject_erased',
  entity: { id: GONE, type: 'subject' },
  stream: 'admin',
  ...parts,
});
const bytes = (record: object): Uint8Array => utf8(canonicalize(record as Json));

describe('the people a record names', () => {
  it.each([
    ['who acted', { actor: { id: GONE, type: 'user' } }],
    ['whose log it is', { data: { userId: GONE } }],
    ['whom it is about', { entity: { id: GONE, type: 'user' } }],
    ['for whom a value is sealed', { metadata: { details: { n: 1, note: `sealed:v1:${GONE}:AAAA` } } }],
  ])('%s', (_, record) => {
    expect([...subjectsOf(record)]).toEqual([GONE]);
    const erased = new ErasedSubjects();
    expect(erased.concern(bytes(record))).toBe(false);
    erased.learn(bytes(erasure()));
    expect(erased.concern(bytes(record))).toBe(true);
    expect(erased.concern(utf8(canonicalize(record as Json).replaceAll(GONE, HERE)))).toBe(false);
  });

  it('nobody by a text that only mentions one, nor by what the platform records about a subject', () => {
    const erased = new ErasedSubjects();
    erased.learn(bytes(erasure()));
    for (const record of [erasure(), { reason: GONE }, { metadata: { details: { note: `see ${GONE}` } } }]) {
      expect([...subjectsOf(record)]).toEqual([]);
      expect(erased.concern(bytes(record))).toBe(false);
    }
  });
});

describe('the record of an erasure', () => {
  it('is one of the stream admin, about a subject, and no other', () => {
    expect(erasedSubject(erasure())).toBe(GONE);
    for (const parts of [
      { action: 'erasure_refused' },
      { stream: 'audit' },
      { entity: { id: GONE, type: 'policy' } },
      { entity: null },
    ])
      expect(erasedSubject(erasure(parts))).toBeNull();
  });

  it('is not learned from what cannot be read', () => {
    const erased = new ErasedSubjects();
    for (const text of ['', '{', 'null', '"action":"subject_erased"', '["action":"subject_erased"]'])
      erased.learn(utf8(text));
    expect(erased.concern(bytes({ actor: { id: GONE } }))).toBe(false);
  });
});
