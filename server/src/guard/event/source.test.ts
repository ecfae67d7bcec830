import { describe, expect, it } from 'vitest';
import type { Mapping, SourceDeclaration } from '../../pack/model.js';
import { applySource } from './source.js';

const at = { file: 'sources/test.yaml', line: 1 };
const from = (path: string, more: { epoch?: number; number?: boolean } = {}): Mapping => ({
  ...at,
  from: [path],
  number: more.number ?? false,
  epoch: more.epoch ?? null,
});
const source = (envelope: Record<string, Mapping>): SourceDeclaration => ({
  pack: 'test',
  name: 'test',
  description: '',
  id: 'id',
  envelope: new Map(Object.entries(envelope)),
});
const mapped = (envelope: Record<string, Mapping>, record: unknown): unknown =>
  applySource(source(envelope), record, 't1');

describe('a foreign record', () => {
  it.each([
    [1_795_161_600_000, 1, '2026-11-20T08:00:00.000Z'],
    ['1795161600000', 1, '2026-11-20T08:00:00.000Z'],
    [1_795_161_600, 1_000, '2026-11-20T08:00:00.000Z'],
    ['2026-11-20T08:00:00Z', 1, '2026-11-20T08:00:00Z'],
    ['soon', 1, 'soon'],
    [999_999_999_999_999, 1_000, '999999999999999'],
  ])('with the time %s in units of %i ms happened at %s', (time, epoch, said) => {
    expect(mapped({ occurred_at: from('time', { epoch }) }, { time })).toMatchObject({ occurred_at: said });
  });

  it('is followed through keys that hold dots', () => {
    const record = { attributes: { 'user.id': 'ada', user: { id: 'bob', 'role.name': 'admin' } } };
    const envelope = {
      'actor.id': from('attributes.user.id'),
      'actor.role': from('attributes.user.role.name'),
    };
    expect(mapped(envelope, record)).toMatchObject({ actor: { id: 'ada', role: 'admin' } });
  });

  it('is not followed into what no object has of itself', () => {
    expect(mapped({ reason: from('constructor.name') }, {})).not.toHaveProperty('reason');
  });

  it('has one id however often it comes', () => {
    const envelope = { occurred_at: from('time', { epoch: 1 }) };
    const [first, second] = [1, 1].map(() => mapped(envelope, { id: 'x', time: 1_795_161_600_000 }));
    expect(first).toHaveProperty('event_id');
    expect(first).toEqual(second);
  });
});
