import { parseStrict } from '../canonical/parse.js';
import { toHex } from '../hash/bytes.js';
import { leafHash } from '../hash/tree-hash.js';
import { rootOfLeafHashes } from '../merkle/compute.js';
import { decodeBlock } from '../tile/bundle.js';
import { blockPath } from '../tile/paths.js';
import type { Finding } from './findings.js';

interface Descriptor {
  readonly block?: { readonly root?: unknown; readonly count?: unknown; readonly first?: unknown };
}

/** Checks the file of a block, null when it is missing, against its descriptor. @returns the records in it. */
export function checkBlock(
  bytes: Uint8Array | null,
  descriptor: string,
  leaf: number,
  tell: (finding: Finding) => void,
): Uint8Array[] {
  const path = blockPath(leaf);
  const { block } = parse(descriptor);
  const first = typeof block?.first === 'string' ? block.first : undefined;
  const report = (message: string): Uint8Array[] => {
    tell({
      code: 'block_altered',
      path,
      index: leaf,
      ...(first === undefined ? {} : { eventId: first }),
      message,
    });
    return [];
  };
  if (bytes === null) return report('The file of the block is missing.');
  try {
    const records = decodeBlock(bytes);
    if (records.length !== block?.count || toHex(rootOfLeafHashes(records.map(leafHash))) !== block.root)
      return report('The records of the block are not what was sealed.');
    return records;
  } catch {
    return report('The file of the block cannot be taken apart.');
  }
}

function parse(descriptor: string): Descriptor {
  try {
    return parseStrict(descriptor) as Descriptor;
  } catch {
    return {};
  }
}
