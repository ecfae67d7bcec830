import { isIPv4, isIPv6 } from 'node:net';
import { detect } from './detect/index.js';
import { ipv4Network, ipv6Network } from './detect/numbers/ip.js';

/**
 * The network of an address: the first 24 bits of IPv4, 48 of IPv6. Prefix-preserving: two addresses of one
 * network stay together, the person behind one cannot be told from the neighbours.
 * @returns null when it is not an address.
 */
export function truncateIp(text: string): string | null {
  const address = bareAddress(text);
  if (isIPv4(address)) return ipv4Network(address);
  return isIPv6(address) ? ipv6Network(address) : null;
}

/** Without a zone (`%eth0`), and IPv4 where it stands in IPv6 (`::ffff:192.0.2.1`). */
export function bareAddress(text: string): string {
  const address = text.split('%', 1)[0] ?? '';
  return address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address;
}

/** Ids and codes: no spaces, nothing that a person's name or sentence would need. */
const IDENTIFIER = /^[A-Za-z0-9][A-Za-z0-9._:/@#+=-]{0,255}$/;

/** Whether a text is an identifier in which nothing personal or secret was found. */
export const isPlainIdentifier = (text: string): boolean =>
  IDENTIFIER.test(text) && detect(text).length === 0;

const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdgA?\/(\d+)/, 'Edge'],
  [/\bOPR\/(\d+)/, 'Opera'],
  [/\bFirefox\/(\d+)/, 'Firefox'],
  [/\b(?:Chrome|CriOS)\/(\d+)/, 'Chrome'],
  [/\bVersion\/(\d+)[\d.]* (?:Mobile\/\w+ )?Safari\//, 'Safari'],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Windows/, 'Windows'],
  [/Linux/, 'Linux'],
];
const TOOL = /^([A-Za-z][A-Za-z0-9._-]{1,60})(?:\/(\d{1,5}))?(?=[\s/.;]|$)/;

/** A user agent reduced to product, major version and system: enough for forensics, too little for a fingerprint. */
export function normaliseUserAgent(text: string): string {
  const browser = BROWSERS.map(([pattern, name]) => [name, pattern.exec(text)?.[1]]).find(
    ([, major]) => major !== undefined,
  );
  if (browser !== undefined) {
    const system = SYSTEMS.find(([pattern]) => pattern.test(text))?.[1];
    return `${browser[0]} ${browser[1]}${system === undefined ? '' : ` on ${system}`}`;
  }
  const tool = TOOL.exec(text);
  if (tool?.[1] === undefined || !isPlainIdentifier(tool[1])) return 'other';
  return tool[2] === undefined ? tool[1] : `${tool[1]} ${tool[2]}`;
}
