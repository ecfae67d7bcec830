import { kindAt, WORD } from './characters.js';
import { endOf, type Finding } from './finding.js';

const LOCAL = new Set([..."._%+-'!#$&*/=?^`{|}~"].map((c) => c.charCodeAt(0)));
/** Not at its beginning: there they belong to the text around it (`user=ada@…`, `/ada@…`). */
const DIVIDES = new Set([..."=/?&|'`{}*!#$^"].map((c) => c.charCodeAt(0)));
const LONGEST = 256;

export const DOMAIN = /[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})(?:\.[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})){1,8}/uy;
export const LITERAL = /\[(?:IPv6:)?[0-9A-Fa-f.:]{3,45}\]/y;
/** Versions, retina images, units of systemd, and the account of every Git host are no addresses. */
const OTHER =
  /\.(?:\d+|png|jpe?g|gif|svg|webp|ico|css|m?js|ts|json|service|socket|target|mount|slice|scope|timer|path)$/i;
const QUOTED = /"[^"\s@]{1,64}(?: [^"\s@]{1,64}){0,4}"$/;

function isLocal(text: string, at: number): boolean {
  const c = text.charCodeAt(at);
  if (c > 127) return /[\p{L}\p{N}\p{M}]/u.test(text[at] as string);
  return (kindAt(text, at) & WORD) !== 0 || LOCAL.has(c);
}

/** The address around an `@`; nothing before `from` may belong to it. */
export function emailAt(text: string, at: number, from: number): Finding | null {
  let end = endOf(DOMAIN, text, at + 1);
  if (end < 0) end = endOf(LITERAL, text, at + 1);
  if (end < 0 || OTHER.test(text.slice(at + 1, end))) return null;
  const first = Math.max(from, at - LONGEST);
  let start = at;
  while (start > first && isLocal(text, start - 1)) start--;
  start = afterDivider(text, start, at);
  if (start === at && text[at - 1] === '"') {
    const quoted = QUOTED.exec(text.slice(first, at));
    if (quoted !== null) start = first + quoted.index;
  }
  if (start === at || text.slice(start, at) === 'git') return null;
  return { rule: 'email', start, end };
}

/** Without what stands before the last divider: `to=ada`, `'ada`; a name like `o'hara` is left whole. */
function afterDivider(text: string, start: number, at: number): number {
  for (let i = at - 1; i >= start; i--)
    if (
      DIVIDES.has(text.charCodeAt(i)) &&
      !(text[i] === "'" && i > start && isLocal(text, i - 1) && !DIVIDES.has(text.charCodeAt(i - 1)))
    )
      return i + 1;
  return start;
}

export const CREDENTIALS = /:\/\/[^\s/:"'<>[\]]{0,128}:(?:[^\s/?#"'<>]{1,1024}|[^\s/@"'<>]{1,1024})@/y;
/** A token in the place of the user, as Git hosts take it. */
export const USERINFO = /:\/\/(?=[^\s/@]{0,64}\d)[^\s/@:"'<>.]{16,256}@/y;
const SCHEME = 20;

/** `scheme://user:password@`, from its colon. */
export function urlCredentialsAt(text: string, at: number, from: number): Finding | null {
  let end = endOf(CREDENTIALS, text, at);
  if (end < 0) end = endOf(USERINFO, text, at);
  if (end < 0 || text.startsWith('[', end - 2)) return null;
  let start = at;
  while (start > from && at - start < SCHEME && /[A-Za-z0-9+.-]/.test(text[start - 1] as string)) start--;
  return start === at ? null : { rule: 'url_credentials', start, end };
}
