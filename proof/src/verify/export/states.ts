import { logFiles, tenantOfOrigin } from '../../export/manifest.js';
import { toHex } from '../../hash/bytes.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { eventIdIn } from '../findings.js';
import type { LogInput, Signed, Sink } from './input.js';
import type { Place } from './places.js';
import type { RecordState } from './report.js';

/** Nothing says where the records stand. That was said once, and says nothing against each of them. */
export function withoutProof(stream: string, lines: readonly Uint8Array[], sink: Sink): RecordState[] {
  return lines.map((bytes, i) => {
    sink.records.push({ stream, line: i + 1, event_id: eventIdIn(bytes) ?? '', state: 'tampered' });
    return 'tampered';
  });
}

/** Everything of one log that its records are judged by. */
interface Evidence {
  readonly input: LogInput;
  readonly checkpoint: Checkpoint | null;
  readonly signed: Signed;
  readonly lines: readonly Uint8Array[];
  /** Hash of each line. */
  readonly computed: readonly Uint8Array[];
  readonly places: readonly Place[];
}

/** The state of every record: of those whose bytes are there, then of those that only have a place. */
export function settle(
  { input, checkpoint, signed, lines, computed, places }: Evidence,
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
  const erased = input.erased.get(tenantOfOrigin(checkpoint?.origin ?? ''));
  const told = (place: Place, line: Uint8Array): RecordState => {
    const state = sound(place);
    if (state !== 'verified') return state;
    if (erased?.concern(line)) return 'erased';
    return place.erased ? unproven(input, place, sink) : 'verified';
  };
  const isGone = (place: Place): boolean => place.erased || place.leaf < (input.stated?.minimum_index ?? 0);
  const gone = left.filter(isGone);
  const lacking = left.filter((place) => !isGone(place)).values();
  for (const [i, place] of found.entries()) {
    // An altered line is what became of the next place that has no line of its own.
    const state = place === undefined ? 'tampered' : told(place, lines[i] as Uint8Array);
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
  if (place.erased) return unproven(input, place, sink);
  return sound === 'verified' ? 'expired' : 'unknown';
}

function unproven({ stream }: LogInput, { leaf }: Place, sink: Sink): RecordState {
  sink.open.push(`${stream}, entry ${leaf}: said to be erased, without a proven record of the erasure.`);
  return 'unknown';
}
