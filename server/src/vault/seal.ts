import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { decrypt, encrypt, NONCE, TAG } from '../base/aead.js';

/** Where a sealed value belongs; bound into it, so that it opens nowhere else. */
export interface SealedPlace {
  readonly tenant: string;
  /** Pseudonym. */
  readonly subject: string;
  readonly eventId: string;
  readonly path: string;
}

/** The two keys made from a subject's DEK (docs/formats/sealed-values.md). */
export interface SubjectKey {
  readonly encrypt: Buffer;
  readonly commit: Buffer;
}

const PREFIX = 'sealed:v1:';
const COMMITMENT = 32;
const FORM = /^sealed:v1:(sub_[a-z2-7]{26}):([A-Za-z0-9_-]{80,90000})$/;

const derive = (dek: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', dek, '', `prooflog/sealed/v1/${purpose}`, 32));

export const subjectKey = (dek: Buffer): SubjectKey => ({
  encrypt: derive(dek, 'encrypt'),
  commit: derive(dek, 'commit'),
});

/** Overwrites a key in memory; it seals and opens nothing any more. */
export function wipe(key: SubjectKey): void {
  key.encrypt.fill(0);
  key.commit.fill(0);
}

const aadOf = (p: SealedPlace): Buffer =>
  Buffer.from(`prooflog/sealed/v1\n${p.tenant}\n${p.subject}\n${p.eventId}\n${p.path}`);

const commitmentOf = (key: SubjectKey, nonce: Uint8Array, aad: Uint8Array): Buffer =>
  createHmac('sha256', key.commit).update(nonce).update(aad).digest();

/** Whether a text claims to be a sealed value; only the guard may write one. */
export const looksSealed = (text: string): boolean => text.startsWith(PREFIX);

/** The subject of a sealed value, or null when it is none. */
export const subjectOf = (sealed: string): string | null => FORM.exec(sealed)?.[1] ?? null;

/** Seals a text for a place. */
export function seal(key: SubjectKey, place: SealedPlace, text: string): string {
  const nonce = randomBytes(NONCE);
  const aad = aadOf(place);
  const sealed = encrypt(key.encrypt, nonce, aad, Buffer.from(text));
  const bytes = Buffer.concat([commitmentOf(key, nonce, aad), nonce, sealed]);
  return `${PREFIX}${place.subject}:${bytes.toString('base64url')}`;
}

/** The text that was sealed for this place, or null when key, place or bytes are not the ones it was sealed with. */
export function open(key: SubjectKey, place: SealedPlace, sealed: string): string | null {
  const form = FORM.exec(sealed);
  if (form === null || form[1] !== place.subject) return null;
  const bytes = Buffer.from(form[2] ?? '', 'base64url');
  if (bytes.toString('base64url') !== form[2] || bytes.length < COMMITMENT + NONCE + TAG) return null;
  const nonce = bytes.subarray(COMMITMENT, COMMITMENT + NONCE);
  const aad = aadOf(place);
  if (!timingSafeEqual(bytes.subarray(0, COMMITMENT), commitmentOf(key, nonce, aad))) return null;
  return decrypt(key.encrypt, nonce, aad, bytes.subarray(COMMITMENT + NONCE))?.toString('utf8') ?? null;
}
