import { logFiles } from '../../export/manifest.js';
import { toHex } from '../../hash/bytes.js';
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

/** The state of every record: of those whose bytes are there, then of those that only have a place. */
export function settle(
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
