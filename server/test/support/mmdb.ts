import { isIPv4 } from 'node:net';

/**
 * Writes databases of the MaxMind DB format 2.0 (maxmind.github.io/MaxMind-DB), as far as databases of countries need it.
 */
export type MmdbValue = string | number | { readonly [key: string]: MmdbValue };

interface Form {
  readonly recordSize?: 24 | 28 | 32;
  readonly ipVersion?: 4 | 6;
}

/** A node of the search tree, the offset of a value in the data section, or nothing. */
type Branch = Node | number | null;
type Node = [Branch, Branch];

const SEPARATOR = 16;

/** @param networks CIDR → what is known of it; of two that overlap the longer prefix counts */
export function mmdb(
  networks: Readonly<Record<string, MmdbValue>>,
  { recordSize = 24, ipVersion = 6 }: Form = {},
): Buffer {
  const root: Node = [null, null];
  const data: Buffer[] = [];
  let offset = 0;
  const sorted = Object.entries(networks)
    .map(([cidr, value]) => ({ bits: bitsOf(cidr, ipVersion), value }))
    .sort((a, b) => a.bits.length - b.bits.length);
  for (const { bits, value } of sorted) {
    put(root, bits, offset);
    const bytes = encode(value);
    data.push(bytes);
    offset += bytes.length;
  }
  const { tree, count } = writeTree(root, recordSize);
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: 'Test-Country',
    ip_version: ipVersion,
    node_count: count,
    record_size: recordSize,
  });
  return Buffer.concat([
    tree,
    Buffer.alloc(SEPARATOR),
    ...data,
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    metadata,
  ]);
}

/** The first bits of the addresses of a network. IPv4 stands in the first 96 zero bits of an IPv6 tree. */
function bitsOf(cidr: string, ipVersion: 4 | 6): number[] {
  const [address = '', length] = cidr.split('/');
  const own = bytesOf(address).flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> (7 - i)) & 1));
  const bits = own.slice(0, Number(length));
  return isIPv4(address) && ipVersion === 6 ? [...Array<number>(96).fill(0), ...bits] : bits;
}

function bytesOf(address: string): number[] {
  if (isIPv4(address)) return address.split('.').map(Number);
  const [left = [], right = []] = address.split('::').map((side) => (side === '' ? [] : side.split(':')));
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return groups.map((group) => Number.parseInt(group, 16)).flatMap((group) => [group >> 8, group & 255]);
}

function put(root: Node, bits: readonly number[], value: number): void {
  let node = root;
  for (const [i, bit] of bits.entries()) {
    const side = bit as 0 | 1;
    if (i === bits.length - 1) node[side] = value;
    else {
      const below = node[side];
      // What is known of a wider network holds for the rest of it.
      const next: Node = Array.isArray(below) ? below : [below, below];
      node[side] = next;
      node = next;
    }
  }
}

function writeTree(root: Node, recordSize: 24 | 28 | 32): { tree: Buffer; count: number } {
  const nodes: Node[] = [root];
  const numbers = new Map<Node, number>([[root, 0]]);
  for (const node of nodes)
    for (const branch of node)
      if (Array.isArray(branch)) {
        numbers.set(branch, nodes.length);
        nodes.push(branch);
      }
  const record = (branch: Branch): number => {
    if (branch === null) return nodes.length;
    return Array.isArray(branch) ? (numbers.get(branch) as number) : nodes.length + SEPARATOR + branch;
  };
  const tree = Buffer.concat(nodes.map(([l, r]) => writeNode(record(l), record(r), recordSize)));
  return { tree, count: nodes.length };
}

function writeNode(left: number, right: number, recordSize: 24 | 28 | 32): Buffer {
  const bytes = Buffer.alloc(recordSize / 4);
  if (recordSize === 32) {
    bytes.writeUInt32BE(left, 0);
    bytes.writeUInt32BE(right, 4);
    return bytes;
  }
  bytes.writeUIntBE(left & 0xffffff, 0, 3);
  bytes.writeUIntBE(right & 0xffffff, bytes.length - 3, 3);
  if (recordSize === 28) bytes[3] = ((left >> 24) << 4) | (right >> 24);
  return bytes;
}

const TYPE = { string: 2, uint32: 6, map: 7 } as const;

function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([control(TYPE.string, bytes.length), bytes]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(TYPE.uint32, 4), bytes]);
  }
  const members = Object.entries(value);
  return Buffer.concat([
    control(TYPE.map, members.length),
    ...members.flatMap(([key, member]) => [encode(key), encode(member)]),
  ]);
}

/** Sizes of up to 284. */
const control = (type: number, size: number): Buffer =>
  size < 29 ? Buffer.of((type << 5) | size) : Buffer.of((type << 5) | 29, size - 29);
