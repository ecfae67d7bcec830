import { isIPv6 } from 'node:net';
import type { Finding } from '../finding.js';

/** First and second octet of what belongs to a machine itself, whoever sits at it: RFC 6890. */
const isOwn = (address: string): boolean => /^(?:127|0|255)\./.test(address);

/**
 * The network of an IPv4 address: its first 24 bits.
 * @param address well-formed
 */
export const ipv4Network = (address: string): string => `${address.slice(0, address.lastIndexOf('.'))}.0`;

/** The network of an IPv6 address: its first 48 bits. `address` well-formed, in any of its spellings. */
export function ipv6Network(address: string): string {
  const groups = expanded(address.split('%')[0] ?? '').slice(0, 3);
  return `${groups.map((g) => g.replace(/^0+(?=.)/, '')).join(':')}::`;
}

function expanded(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : 8 - left.length - right.length - (address.includes('.') ? 1 : 0);
  return [...left, ...Array<string>(Math.max(0, missing)).fill('0'), ...right];
}

export const IPV4 = /(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\w]|\.\d|-\d)/y;
/** What stands before the version of a program: `Chrome/120.0.0.0`, `v1.2.3.4`. */
const VERSION = /(?:[A-Za-z)]\/|\bv|\bver(?:sion)?[ :=]{1,2}"?|\d\.|[\w]-)$/i;
/** `ip-203.0.113.7`, as hosts are named. */
const HOST = /(?:ip|host|addr|node)-$/i;
const LOOK_BACK = 12;

/** An IPv4 address, but no loopback, mask or version; a network is left as it is. */
export function ipv4At(text: string, at: number): Finding | null {
  IPV4.lastIndex = at;
  const address = IPV4.exec(text)?.[0];
  if (address === undefined || isOwn(address)) return null;
  const end = at + address.length;
  // Java prints an address with its name before it: `db-7/10.2.3.4:5432`. A version has no port.
  const before = text.slice(Math.max(0, at - LOOK_BACK), at);
  if (
    VERSION.test(before) &&
    !HOST.test(before) &&
    !(before.endsWith('/') && /^:\d/.test(text.slice(end, end + 2)))
  )
    return null;
  const as = ipv4Network(address);
  return as === address ? null : { rule: 'ip', start: at, end, as };
}

export const IPV6 =
  /(?:[0-9A-Fa-f]{1,4}:){1,7}(?::|[0-9A-Fa-f]{1,4})(?:(?::[0-9A-Fa-f]{1,4}){1,6}|(?<=::)[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,5})?(?![\w:])/y;
/** Global unicast, unique local and link local: a shortened form of anything else is more likely no address. */
const ROUTED = /^(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):/i;

/** An IPv6 address that begins at a place; one written in full may have any prefix. */
export function ipv6At(text: string, at: number): Finding | null {
  IPV6.lastIndex = at;
  const address = IPV6.exec(text)?.[0];
  if (address === undefined || !isIPv6(address)) return null;
  if (address.includes('::') && !ROUTED.test(address)) return null;
  const as = ipv6Network(address);
  return as === address ? null : { rule: 'ip', start: at, end: at + address.length, as };
}
