import { logFiles, vkeysFor } from '../../export/manifest.js';
import { equalBytes } from '../../hash/bytes.js';
import { treeRoot } from '../../merkle/compute.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import { parseNote } from '../../note/note.js';
import { anotherKey, trustOf } from '../../note/trusted.js';
import type { LogInput, Signed, Sink } from './input.js';

/** The checkpoint of a log, null when it is not the one it should be, and what its signature is worth. */
export function openCheckpoint(
  { stream, stated, vkeys, beside }: LogInput,
  bytes: Uint8Array,
  sink: Sink,
): { checkpoint: Checkpoint | null; signed: Signed } {
  const path = logFiles(stream).checkpoint;
  const wrong = (message: string) => {
    sink.findings.push({ code: 'checkpoint_invalid', path, message });
    return { checkpoint: null, signed: 'failed' as const };
  };
  try {
    const checkpoint = parseCheckpoint(parseNote(bytes).text);
    const { origin, size } = checkpoint;
    if (!origin.endsWith(`/${stream}`) || (stated !== undefined && stated.origin !== origin))
      return wrong('The checkpoint is of another log.');
    if (stated !== undefined && stated.size !== size)
      return wrong('The checkpoint is not the one the manifest names.');
    const own = vkeysFor(origin, vkeys);
    const { trust } = trustOf(bytes, origin, own, beside);
    if (trust === 'held') return { checkpoint, signed: 'held' };
    if (own.length > 0 && trust === 'none') return wrong('The log did not sign the checkpoint.');
    sink.open.push(
      own.length > 0 ? anotherKey(`The checkpoint of ${stream}`) : `There is no key for ${origin}.`,
    );
    return { checkpoint, signed: 'unknown' };
  } catch {
    return wrong('The signature of the checkpoint does not hold.');
  }
}

/** The tree of the kept checkpoint must be the beginning of this one; hashes that were proven can say so. */
export async function checkKept(
  input: LogInput,
  now: Checkpoint,
  nodes: ReadonlyMap<string, Uint8Array>,
  sink: Sink,
): Promise<void> {
  const { kept } = input;
  if (kept === undefined || kept.origin !== now.origin) return;
  const path = logFiles(input.stream).checkpoint;
  if (kept.size > now.size) {
    sink.open.push(`The kept checkpoint (size ${kept.size}) is newer than the export (size ${now.size}).`);
    return;
  }
  const root =
    kept.size === now.size
      ? now.root
      : await treeRoot(kept.size, async (level, index) => {
          const hash = nodes.get(`${level}/${index}`);
          if (hash === undefined) throw new RangeError('not in the export');
          return hash;
        }).catch(() => null);
  if (root === null)
    sink.open.push(`The export holds too little of ${now.origin} to compare it with the kept checkpoint.`);
  else if (!equalBytes(root, kept.root))
    sink.findings.push({
      code: 'not_a_continuation',
      path,
      message: `The log does not continue the kept checkpoint of size ${kept.size}: its history was changed.`,
    });
}
