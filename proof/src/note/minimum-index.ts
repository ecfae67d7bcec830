import { NoteError } from './note.js';

/** Up to which entry the bytes of a log may be gone because their time was over (docs/formats/ledger.md). */
export interface MinimumIndex {
  readonly origin: string;
  readonly index: number;
}

const FORMAT = 'prooflog-minimum-index@v1';

/** The text that is signed. Its second line is an origin, where a checkpoint has digits: neither is read as the other. */
export const formatMinimumIndex = ({ origin, index }: MinimumIndex): string =>
  `${FORMAT}\n${origin}\n${index}\n`;

/** @throws NoteError `malformed_note` */
export function parseMinimumIndex(text: string): MinimumIndex {
  const [format, origin = '', digits = '', ...rest] = text.split('\n');
  const index = Number(digits);
  const fits =
    format === FORMAT &&
    /^[^\s+]+\/[^\s+]+$/u.test(origin) &&
    /^(?:0|[1-9]\d*)$/.test(digits) &&
    Number.isSafeInteger(index) &&
    rest.length === 1 &&
    rest[0] === '';
  if (!fits) throw new NoteError('malformed_note', 'This is not a minimum index.');
  return { origin, index };
}
