import type { SubjectTraces } from '../vault/vault.js';

/** Bytes that must be nowhere any more. `what` is safe to show, the bytes are not. */
export interface Needle {
  readonly what: string;
  readonly bytes: Buffer;
}

/** Shorter ones are everywhere by chance. */
const SHORTEST = 6;

/** Base64 without the first and last letters, which depend on what stands around: one for each alignment. */
function base64Forms(bytes: Buffer): Buffer[] {
  return [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    const text = shifted.toString('base64').replace(/=+$/, '');
    shifted.fill(0);
    const from = Math.ceil((shift * 8) / 6);
    const whole = Math.floor(((shift + bytes.length) * 8) / 6);
    return Buffer.from(text.slice(from, whole));
  });
}

function formsOf(what: string, bytes: Buffer): Needle[] {
  const url = (b: Buffer): Buffer => Buffer.from(b.toString().replaceAll('+', '-').replaceAll('/', '_'));
  const base64 = base64Forms(bytes);
  const all = [
    bytes,
    Buffer.from(bytes.toString('hex')),
    Buffer.from(bytes.toString('hex').toUpperCase()),
    ...base64,
    ...base64.map(url),
  ];
  return distinct(all).map((form) => ({ what, bytes: form }));
}

/** Compared as bytes: a key that became a string could not be overwritten any more. */
function distinct(buffers: readonly Buffer[]): Buffer[] {
  return buffers.filter(
    (one, i) => one.length >= SHORTEST && !buffers.slice(0, i).some((before) => before.equals(one)),
  );
}

/** How a subject's own id may stand in files. */
export function ownIdNeedles(subject: string): Needle[] {
  const texts = [subject, encodeURIComponent(subject), JSON.stringify(subject).slice(1, -1)];
  const other = [subject.toLowerCase(), subject.toUpperCase()].map((text) => Buffer.from(text));
  const plain = distinct([...texts.map((text) => Buffer.from(text)), ...other]);
  const forms = formsOf("the subject's own id", Buffer.from(subject)).map((needle) => needle.bytes);
  return distinct([...plain, ...forms]).map((bytes) => ({ what: "the subject's own id", bytes }));
}

/** The key material and the map's row of a subject, taken before they are destroyed. */
export function keyNeedles(traces: SubjectTraces): Needle[] {
  return [
    ...formsOf('the look-up key of the map', traces.lookup),
    ...(traces.dek === null ? [] : formsOf("the subject's key", traces.dek)),
    ...(traces.wrapped === null ? [] : formsOf("the subject's wrapped key", traces.wrapped)),
  ];
}
