import {
  type Checkpoint,
  consistencyPath,
  type FileReader,
  NoteError,
  parseCheckpoint,
  TileError,
  tileHashes,
  trustOf,
  verifyConsistency,
} from '@prooflog/proof';
import { Failure } from '../base/errors.js';
import type { LogName } from '../event/stages.js';
import type { Edge } from './edge.js';

/** A checkpoint beyond the head of its log: the control database is older than the ledger. */
export interface Beyond extends Checkpoint {
  /** Whether a key in force signed it; else a later one may have, which an older control database does not know. */
  readonly known: boolean;
}

/** What a published checkpoint says beyond this size; null when it says nothing, or nothing that our keys signed. */
export function readBeyond(
  note: string,
  origin: string,
  vkeys: readonly string[],
  size: number,
): Beyond | null {
  try {
    const { note: parsed, trust } = trustOf(note, origin, vkeys);
    const stated = parseCheckpoint(parsed.text);
    const ours = trust === 'held' || parsed.signatures.some(({ name }) => name === origin);
    if (!ours || stated.origin !== origin || stated.size <= size) return null;
    return { ...stated, known: trust === 'held' };
  } catch (error) {
    if (error instanceof NoteError) return null;
    throw error;
  }
}

/**
 * Holds a tree that grows again against the one that was published: who saw that must never see another.
 * @throws Failure `ledger_conflict` unless the first is the beginning of the second.
 */
export async function expectBeginning(
  log: LogName,
  edge: Edge,
  published: Beyond,
  read: FileReader,
): Promise<void> {
  const { size, root } = published;
  if (published.known && (await leadsTo())) return;
  throw new Failure(
    'ledger_conflict',
    `The published checkpoint of ${log} has ${size} entries, and what the control database and the journal have does not lead to it. They are older than the ledger, or of another one: restore those that belong to it.`,
  );

  async function leadsTo(): Promise<boolean> {
    try {
      const path = await consistencyPath(edge.size, size, tileHashes(size, read));
      return verifyConsistency({ size1: edge.size, root1: edge.root(), size2: size, root2: root, path });
    } catch (error) {
      if (error instanceof TileError) return false;
      throw error;
    }
  }
}
