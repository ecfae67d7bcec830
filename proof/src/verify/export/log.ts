import { logFiles, tenantOfOrigin } from '../../export/manifest.js';
import { linesOf } from '../../export/proof-line.js';
import { toHex } from '../../hash/bytes.js';
import { leafHash } from '../../hash/tree-hash.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { ERASURE_STREAM, ErasedSubjects } from '../erasure.js';
import { checkKept, openCheckpoint } from './checkpoint.js';
import type { LogInput, Sink } from './input.js';
import { Places } from './places.js';
import { type ExportedLogReport, noCounts, type RecordState } from './report.js';
import { settle, withoutProof } from './states.js';

/** Checks all records of one log of an export. */
export async function verifyExportedLog(input: LogInput, sink: Sink): Promise<ExportedLogReport> {
  const names = logFiles(input.stream);
  const head = openCheckpoint(input, await input.read(names.checkpoint), sink);
  const lines = linesOf(await input.read(names.records));
  const computed = lines.map(leafHash);
  const places = Places.read(linesOf(await input.read(names.proofs)));
  const nodes = new Map<string, Uint8Array>();
  let proven = false;
  if (typeof places === 'number')
    sink.findings.push({
      code: 'proof_invalid',
      path: names.proofs,
      line: places,
      message: 'This line is no proof: nothing of this log is proven.',
    });
  else if (head.checkpoint !== null) {
    const keep = (level: number, index: number, hash: Uint8Array) => nodes.set(`${level}/${index}`, hash);
    const path = await input.read(names.path);
    proven = places.prove(head.checkpoint, path, computed, input.kept === undefined ? undefined : keep);
    if (!proven)
      sink.findings.push({
        code: 'proof_invalid',
        path: names.path,
        message: 'The hashes do not lead to the root of the checkpoint: nothing of this log is proven.',
      });
  }
  const states =
    typeof places === 'number'
      ? withoutProof(input.stream, lines, sink)
      : settle({ input, ...head, lines, computed, places: places.all }, sink);
  if (input.stream === ERASURE_STREAM && head.checkpoint !== null)
    learn(input, head.checkpoint, lines, states);
  if (proven && head.checkpoint !== null) await checkKept(input, head.checkpoint, nodes, sink);
  const counts = noCounts();
  for (const state of states) counts[state] += 1;
  return {
    stream: input.stream,
    origin: head.checkpoint?.origin ?? '',
    size: head.checkpoint?.size ?? 0,
    root: head.checkpoint === null ? '' : toHex(head.checkpoint.root),
    counts,
    whole:
      typeof places !== 'number' &&
      head.checkpoint !== null &&
      places.areAll(head.checkpoint.size) &&
      counts.verified + counts.erased === states.length,
  };
}

/** What a proven record of an erasure says counts for the other logs of the same tenant. */
function learn(
  { erased }: LogInput,
  { origin }: Checkpoint,
  lines: readonly Uint8Array[],
  states: readonly RecordState[],
): void {
  const subjects = new ErasedSubjects();
  for (const [i, line] of lines.entries()) if (states[i] === 'verified') subjects.learn(line);
  erased.set(tenantOfOrigin(origin), subjects);
}
