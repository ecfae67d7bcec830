import {
  bundlePath,
  decodeBundle,
  leafHash,
  partialWidth,
  splitHashes,
  TILE_WIDTH,
  tilePath,
} from '@prooflog/proof';
import { Edge } from '../../../src/ledger/edge.js';
import type { Signer } from '../../../src/ledger/signer.js';
import type { Files } from '../../support/stored-log.js';

/** Somebody with the operator's rights: all files, and the key that signs them. */
export interface Insider {
  readonly files: Files;
  readonly size: number;
  readonly tenant: string;
  readonly origin: string;
  readonly signer: Signer;
}

const widthOf = (size: number, index: number): number =>
  index < Math.floor(size / TILE_WIDTH) ? TILE_WIDTH : size % TILE_WIDTH;

const bundle = ({ files, size }: Insider, index: number): Uint8Array[] =>
  decodeBundle(files.get(bundlePath(index, widthOf(size, index))) as Uint8Array);

/** The tree as it was before bundle number `index`. */
function edgeBefore(insider: Insider, index: number): Edge {
  const { files, size } = insider;
  const before = index * TILE_WIDTH;
  const levels: Uint8Array[][] = [[]];
  for (let level = 1; TILE_WIDTH ** level <= before; level++) {
    const tile = Math.floor(before / TILE_WIDTH ** (level + 1));
    const last = tile === Math.floor(size / TILE_WIDTH ** (level + 1));
    const bytes = files.get(tilePath(level, tile, last ? partialWidth(size, level) : TILE_WIDTH));
    levels.push(splitHashes(bytes ?? new Uint8Array()).slice(0, partialWidth(before, level)));
  }
  const last = index === 0 ? undefined : bundle(insider, index - 1).at(-1);
  return new Edge(before, levels, [], last === undefined ? null : leafHash(last));
}

/**
 * History from entry `from` on as the insider would have it: `edit` changes the entries of the log from there, which
 * are then chained, hashed and signed anew with the log's own key.
 */
export async function rewrite(
  insider: Insider,
  from: number,
  edit: (entries: string[]) => string[],
): Promise<Map<string, Uint8Array | null>> {
  const first = Math.floor(from / TILE_WIDTH);
  const edge = edgeBefore(insider, first);
  const last = Math.ceil(insider.size / TILE_WIDTH);
  const entries = Array.from({ length: last - first }, (_, i) => bundle(insider, first + i)).flat();
  const keep = from - first * TILE_WIDTH;
  for (const entry of entries.slice(0, keep)) edge.append(entry);
  for (const text of edit(entries.slice(keep).map((entry) => Buffer.from(entry).toString())))
    edge.append(Buffer.from(text.replace(/"prev_hash":"[0-9a-f]{64}"/, `"prev_hash":"${edge.prevHash}"`)));
  const head = { log: `${insider.tenant}/audit` as const, size: edge.size, root: edge.root() };
  const note = await insider.signer.checkpoint(insider.tenant, insider.origin, head);
  const partials = [...insider.files.keys()].filter((path) => path.includes('.p/'));
  return new Map<string, Uint8Array | null>([
    ...partials.map((path) => [path, null] as const),
    ...edge.takeFiles().map((file) => [file.path, new Uint8Array(file.bytes)] as const),
    ['checkpoint', new Uint8Array(Buffer.from(note))] as const,
  ]);
}
