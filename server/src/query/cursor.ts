import { createHmac, timingSafeEqual } from 'node:crypto';
import { Failure } from '../base/errors.js';

/** Where the next page begins. */
export interface After {
  readonly at: number;
  readonly id: string;
}

const bad = (): Failure =>
  new Failure('bad_cursor', 'The cursor belongs to another search, or was changed.', { field: 'cursor' });

/** `binding` is everything the cursor may only be used with: tenant, credential and the search itself. */
const macOf = (key: Buffer, body: string, binding: string): Buffer =>
  createHmac('sha256', key).update(`${body}\n${binding}`).digest();

export function encodeCursor(after: After, key: Buffer, binding: string): string {
  const body = Buffer.from(`${after.at} ${after.id}`).toString('base64url');
  return `${body}.${macOf(key, body, binding).toString('base64url')}`;
}

/** @throws Failure `bad_cursor` when it was altered or made for anything else. */
export function decodeCursor(cursor: string, key: Buffer, binding: string): After {
  const [body = '', mac = ''] = cursor.split('.');
  const given = Buffer.from(mac, 'base64url');
  const wanted = macOf(key, body, binding);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw bad();
  const [at = '', id = ''] = Buffer.from(body, 'base64url').toString().split(' ');
  return { at: Number(at), id };
}
