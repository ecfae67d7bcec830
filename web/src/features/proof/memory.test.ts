import { describe, expect, it } from 'vitest';
import { growth, type Seen } from './memory';

const seen: Seen = { size: 10, root: 'r10', vkey: 'k' };
const yes = async (): Promise<boolean> => true;
const no = async (): Promise<boolean> => false;

describe('growth', () => {
  it.each([
    [undefined, { size: 3, root: 'x', vkey: 'k' }, no, 'first'],
    [seen, { size: 10, root: 'r10', vkey: 'k' }, no, 'grown'],
    [seen, { size: 10, root: 'other', vkey: 'k' }, yes, 'changed'],
    [seen, { size: 12, root: 'r12', vkey: 'k' }, yes, 'grown'],
    [seen, { size: 12, root: 'r12', vkey: 'k' }, no, 'changed'],
    [seen, { size: 9, root: 'r9', vkey: 'k' }, no, 'older'],
    [seen, { size: 12, root: 'r12', vkey: 'k2' }, yes, 'changed'],
  ])('%j then %j', async (before, now, prove, state) => {
    expect((await growth(before, now, prove)).state).toBe(state);
  });
});
