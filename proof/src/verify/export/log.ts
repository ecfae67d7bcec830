import { logFiles, type ManifestLog } from '../../export/manifest.js';
import { linesOf } from '../../export/proof-line.js';
import { equalBytes, toHex } from '../../hash/bytes.js';
import { leafHash } from '../../hash/tree-hash.js';
import { treeRoot } from '../../merkle/compute.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import { parseNote, verifyNote } from '../../note/note.js';
import { eventIdIn } from '../findings.js';
import { type Place, Places } from './places.js';
import {
  type ExportedLogReport,
  type ExportFinding,
  noCounts,
  type RecordResult,
  type RecordState,
} from './report.js';

/** Where findings, results and open questions of all logs go. */
export interface Sink {
  readonly findings: ExportFinding[];
  readonly records: RecordResult[];
  readonly open: string[];
}

export interface LogInput {
  readonly stream: string;
  /** What the manifest says of the log; absent when there is no manifest to read. */
  readonly stated: ManifestLog | undefined;
  readonly vkeys: readonly string[];
  readonly kept: Checkpoint | undefined;
  /** A file of the export; empty when it is missing, which is reported elsewhere. */
  readonly read: (name: string) => Promise<Uint8Array>;
}

type Signed = 'held' | 'failed' | 'unknown';

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
      : settle(input, head.signed, lines, computed, places.all, sink);
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
      counts.verified === states.length,
  };
}

function openCheckpoint(
  { stream, stated, vkeys }: LogInput,
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
    // A key counts for the log of its own name only.
    const own = vkeys.filter((vkey) => vkey.startsWith(`${origin}+`));
    if (own.length > 0) {
      verifyNote(bytes, own);
      return { checkpoint, signed: 'held' };
    }
    sink.open.push(`There is no key for ${origin}.`);
    return { checkpoint, signed: 'unknown' };
  } catch {
    return wrong('The signature of the checkpoint does not hold.');
  }
}

/** Nothing says where the records stand. That was said once, and says nothing against each of them. */
function withoutProof(stream: string, lines: readonly Uint8Array[], sink: Sink): RecordState[] {
  return lines.map((bytes, i) => {
    sink.records.push({ stream, line: i + 1, event_id: eventIdIn(bytes) ?? '', state: 'tampered' });
    return 'tampered';
  });
}

/** The state of every record: of those whose bytes are there, then of those that only have a place. */
function settle(
  input: LogInput,
  signed: Signed,
  lines: readonly Uint8Array[],
  computed: readonly Uint8Array[],
  places: readonly Place[],
  sink: Sink,
): RecordState[] {
  const path = logFiles(input.stream).records;
  const byHash = new Map<string, Place[]>();
  // Last first, so that pop gives the first place of a hash.
  for (const place of [...places].reverse()) {
    const same = byHash.get(toHex(place.hash));
    if (same === undefined) byHash.set(toHex(place.hash), [place]);
    else same.push(place);
  }
  const sound = (place: Place): RecordState =>
    !place.proven || signed === 'failed' ? 'tampered' : signed === 'held' ? 'verified' : 'unknown';
  const found = computed.map((hash) => byHash.get(toHex(hash))?.pop());
  const taken = new Set(found);
  const left = places.filter((place) => !taken.has(place));
  const states: RecordState[] = [];
  const tell = (state: RecordState, line: number, place: Place | undefined): void => {
    states.push(state);
    const where =
      place === undefined ? {} : { leaf: place.leaf, ...(place.block ? { slot: place.slot } : {}) };
    const bytes = lines[line - 1];
    const event_id = (bytes === undefined ? undefined : eventIdIn(bytes)) ?? '';
    sink.records.push({ stream: input.stream, line, event_id, ...where, state });
  };
  const isGone = (place: Place): boolean => place.erased || place.leaf < (input.stated?.minimum_index ?? 0);
  const gone = left.filter(isGone);
  const lacking = left.filter((place) => !isGone(place)).values();
  for (const [i, place] of found.entries()) {
    // An altered line is what became of the next place that has no line of its own.
    const state = place === undefined ? 'tampered' : sound(place);
    const was = place ?? lacking.next().value;
    tell(state, i + 1, was);
    if (place !== undefined) continue;
    const eventId = eventIdIn(lines[i] as Uint8Array);
    sink.findings.push({
      code: 'record_altered',
      path,
      line: i + 1,
      ...(was === undefined ? {} : { leaf: was.leaf }),
      ...(eventId === undefined ? {} : { eventId }),
      message: 'This record is not what was sealed at this place.',
    });
  }
  for (const place of lacking) {
    tell('tampered', 0, place);
    sink.findings.push({
      code: 'record_missing',
      path,
      leaf: place.leaf,
      message: `The record of entry ${place.leaf}${place.block ? `, number ${place.slot} of its block,` : ''} is missing.`,
    });
  }
  for (const place of gone) tell(withoutBytes(input, place, sound(place), sink), 0, place);
  return states;
}

function withoutBytes(input: LogInput, place: Place, sound: RecordState, sink: Sink): RecordState {
  if (sound === 'tampered') return 'tampered';
  if (!place.erased) return sound === 'verified' ? 'expired' : 'unknown';
  sink.open.push(
    `${input.stream}, entry ${place.leaf}: said to be erased; this verifier cannot check an erasure.`,
  );
  return 'unknown';
}

/** The tree of the kept checkpoint must be the beginning of this one; hashes that were proven can say so. */
async function checkKept(
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
