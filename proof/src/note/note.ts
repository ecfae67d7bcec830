import { concat, equalBytes, fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from '../hash/bytes.js';
import { sha256 } from '../hash/tree-hash.js';
import { verifyEd25519 } from './ed25519.js';

/** c2sp.org/signed-note. */
export const ALG_ED25519 = 1;
/** The specification asks for at least 16; more than this is not a note but a burden. */
const MOST_SIGNATURES = 100;

export class NoteError extends Error {
  override readonly name = 'NoteError';
  readonly code: 'malformed_note' | 'malformed_key' | 'bad_signature' | 'no_known_signature';
  constructor(code: NoteError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export interface Vkey {
  readonly name: string;
  /** Four bytes that tell keys of one name apart. */
  readonly id: Uint8Array;
  readonly alg: number;
  readonly pub: Uint8Array;
}

export interface NoteSignature {
  readonly name: string;
  readonly id: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Note {
  /** Ends in a newline; what is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** First four bytes of `SHA-256(name ‖ 0x0A ‖ alg ‖ key)`. */
export const noteKeyId = (name: string, alg: number, pub: Uint8Array): Uint8Array =>
  sha256(concat(utf8(name), Uint8Array.of(10, alg), pub)).subarray(0, 4);

const isName = (name: string): boolean => name !== '' && !/[\s+]/u.test(name);

/**
 * `name+hex(id)+base64(alg ‖ key)`.
 * @throws NoteError `malformed_key`
 */
export function formatVkey(name: string, pub: Uint8Array, alg: number = ALG_ED25519): string {
  if (!isName(name)) throw new NoteError('malformed_key', 'A key name has no spaces and no plus.');
  return `${name}+${toHex(noteKeyId(name, alg, pub))}+${toBase64(concat(Uint8Array.of(alg), pub))}`;
}

/** @throws NoteError `malformed_key` */
export function parseVkey(vkey: string): Vkey {
  const [name = '', hex = '', ...rest] = vkey.split('+');
  const id = fromHex(hex);
  const bytes = fromBase64(rest.join('+'));
  const alg = bytes?.[0];
  if (!isName(name) || id?.length !== 4 || bytes === null || alg === undefined)
    throw new NoteError('malformed_key', 'A verifier key reads name+hash+base64.');
  const pub = bytes.subarray(1);
  if (!equalBytes(noteKeyId(name, alg, pub), id))
    throw new NoteError('malformed_key', 'The hash of the verifier key does not fit it.');
  return { name, id, alg, pub };
}

const DASH = '\u2014 ';

/** One signature line without its newline; null when it is none. */
function parseSignature(line: string): NoteSignature | null {
  const [name = '', base64 = '', ...rest] = line.slice(DASH.length).split(' ');
  const bytes = fromBase64(base64);
  if (!line.startsWith(DASH) || !isName(name) || rest.length > 0 || bytes === null || bytes.length < 5)
    return null;
  return { name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/**
 * Signature lines alone, as a witness answers with them (c2sp.org/tlog-witness); each ends in a newline.
 * @throws NoteError `malformed_note`
 */
export function parseSignatureLines(lines: string): NoteSignature[] {
  const malformed = new NoteError('malformed_note', 'These are not signature lines.');
  if (!lines.endsWith('\n')) throw malformed;
  const signatures = lines.slice(0, -1).split('\n').map(parseSignature);
  if (signatures.length > MOST_SIGNATURES || signatures.includes(null)) throw malformed;
  return signatures as NoteSignature[];
}

export const formatSignatureLine = (s: NoteSignature): string =>
  `${DASH}${s.name} ${toBase64(concat(s.id, s.signature))}\n`;

/** @throws NoteError `malformed_note` */
export function parseNote(note: Uint8Array | string): Note {
  const all = typeof note === 'string' ? note : fromUtf8(note);
  const malformed = new NoteError('malformed_note', 'This is not a signed note.');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a note has no control characters but newlines
  if (all === null || /[\u0000-\u0009\u000b-\u001f\u007f]/.test(all)) throw malformed;
  const at = all.lastIndexOf('\n\n');
  if (at < 0 || !all.endsWith('\n')) throw malformed;
  return { text: all.slice(0, at + 1), signatures: parseSignatureLines(all.slice(at + 2)) };
}

export function formatNote(note: Note): string {
  return `${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`;
}

/**
 * Opens a note: signatures by unknown keys are ignored, a known key that fails condemns the note.
 * @returns the note and the names whose signatures held.
 * @throws NoteError `bad_signature` or `no_known_signature`
 */
export function verifyNote(
  bytes: Uint8Array | string,
  vkeys: readonly (Vkey | string)[],
): Note & { verifiedBy: string[] } {
  const note = parseNote(bytes);
  const keys = vkeys.map((key) => (typeof key === 'string' ? parseVkey(key) : key));
  const verifiedBy: string[] = [];
  for (const s of note.signatures) {
    // A key of another kind (a witness's, or one that is not spoken here) says nothing about the text alone.
    const key = keys.find((k) => k.alg === ALG_ED25519 && k.name === s.name && equalBytes(k.id, s.id));
    if (key === undefined) continue;
    if (!verifyEd25519(key.pub, utf8(note.text), s.signature))
      throw new NoteError('bad_signature', `The signature of ${s.name} does not hold.`);
    if (!verifiedBy.includes(s.name)) verifiedBy.push(s.name);
  }
  if (verifiedBy.length === 0)
    throw new NoteError('no_known_signature', 'None of the signatures is by a known key.');
  return { ...note, verifiedBy };
}

export interface NoteSigner {
  readonly name: string;
  readonly pub: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

/** `text` (ending in a newline) with the signatures of the signers under it, in their order. */
export async function signEd25519Note(text: string, ...signers: readonly NoteSigner[]): Promise<string> {
  const signatures = signers.map(async ({ name, pub, sign }) => ({
    name,
    id: noteKeyId(name, ALG_ED25519, pub),
    signature: await sign(utf8(text)),
  }));
  return formatNote({ text, signatures: await Promise.all(signatures) });
}
