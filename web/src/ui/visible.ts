/** Cells show at most this much; the record itself is whole in its detail. */
export const CELL_LIMIT = 2_048;

/** Control, bidirectional and invisible characters as escapes: text that hides or reorders itself lies. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\u2028\u2029]/gu, (c) =>
    c === '\n' || c === '\t' ? c : `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** One line for a table cell. */
export const cell = (text: string): string =>
  visible(text.slice(0, CELL_LIMIT)).replace(/[\n\t]+/g, ' ') + (text.length > CELL_LIMIT ? '…' : '');
