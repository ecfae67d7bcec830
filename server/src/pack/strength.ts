import type { Strategy } from './model.js';

type Kind = Strategy['kind'];

/**
 * What each strategy may give way to without showing more than senders were promised. The rest cannot be compared: a
 * range is no weaker than a pseudonym, it tells something else.
 */
const STRONGER: Readonly<Record<Kind, readonly Kind[]>> = {
  keep: ['scrub', 'mask', 'bucket', 'truncate', 'tokenise', 'hash', 'encrypt', 'drop'],
  scrub: ['mask', 'bucket', 'truncate', 'tokenise', 'hash', 'encrypt', 'drop'],
  mask: ['drop'],
  bucket: ['drop'],
  truncate: ['drop'],
  tokenise: ['drop'],
  hash: ['drop'],
  encrypt: ['drop'],
  drop: [],
};

/** Whether nothing is shown under `after` that was not shown under `before`. */
export function atLeastAsStrong(before: Strategy, after: Strategy): boolean {
  if (STRONGER[before.kind].includes(after.kind)) return true;
  if (before.kind === 'mask' && after.kind === 'mask') return after.last <= before.last;
  if (before.kind === 'bucket' && after.kind === 'bucket')
    return after.bounds.every((bound) => before.bounds.includes(bound));
  if (before.kind === 'encrypt' && after.kind === 'encrypt') return after.subject === before.subject;
  return before.kind === after.kind;
}
