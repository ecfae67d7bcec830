import { describe, expect, it } from 'vitest';
import { readState, searchBody, withCondition } from './state';

describe('state of the explore page', () => {
  it('keeps relative times relative', () => {
    expect(searchBody(readState({ from: 'now-15m' }))).toEqual({ query: '*', from: 'now-15m', to: 'now' });
  });
  it('ignores what is not its own', () => {
    expect(readState({ q: { a: 1 }, to: ['x', 'y'], from: '', evil: 'x', live: 'true' })).toEqual({
      live: true,
    });
  });
  it('takes what looks like a number or a truth for the text it is', () => {
    expect(readState({ q: 500, streams: true })).toEqual({ q: '500', streams: 'true' });
  });
  it.each([
    [undefined, 'level', 'ERROR', true, 'level:ERROR'],
    ['*', 'service', 'a b', true, 'service:"a b"'],
    ['timed out', 'action', 'x"y', false, 'timed out -action:"x\\"y"'],
  ])('adds a condition to %s', (query, field, value, wanted, expected) => {
    expect(withCondition(query, field, value, wanted)).toBe(expected);
  });
});
