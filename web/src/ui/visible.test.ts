import { describe, expect, it } from 'vitest';
import { cell, visible } from './visible';

describe('visible', () => {
  it.each([
    ['a\u001b[31mred', 'a\\u{1b}[31mred'],
    ['user\u202etxt.exe', 'user\\u{202e}txt.exe'],
    ['nul\u0000', 'nul\\u{0}'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['line\nbreak stays', 'line\nbreak stays'],
  ])('%j', (text, shown) => expect(visible(text)).toBe(shown));

  it('cuts a cell and keeps it on one line', () => {
    expect(cell(`a\nb${'x'.repeat(5_000)}`)).toHaveLength(2_049);
    expect(cell('a\n\tb')).toBe('a b');
  });
});
