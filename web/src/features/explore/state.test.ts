import { describe, expect, it } from 'vitest';
import { readState, searchBody, withCondition } from './state';

describe('state of the explore page', () => {
  it('keeps relative times relative', () => {
    expect(searchBody(readState({ from: 'now-15m' }))).toEqual({ query: '*', from: 'now-15m', to: 'now' });
  });
  it('ignores what is not its own', () => {
    expect(readState({ q: 7, from: '', evil: 'x', live: 'true' })).toEqual({ live: true });
  });
  it.each([
    [undefined, 'level', 'ERROR', true, 'level:ERROR'],
    ['*', 'service', 'a b', true, 'service:"a b"'],
    ['timed out', 'action', 'x"y', false, 'timed out -action:"x\\"y"'],
  ])('adds a condition to %s', (query, field, value, wanted, expected) => {
    expect(withCondition(query, field, value, wanted)).toBe(expected);
  });
});
