import { scrub } from '../guard/detect/index.js';
import { isPlainIdentifier, truncateIp } from '../guard/reduce.js';

/** What a rule found, and where: never the value. `path` is dotted, without the indexes of arrays. */
export interface Hit {
  readonly rule: string;
  readonly path: string;
}

/** What the guard itself writes for a person, a sealed value, an address or an id: nobody's data, whatever it looks like. */
const OWN =
  /^(?:sub_[a-z2-7]{26}|sealed:v1:sub_[a-z2-7]{26}:[\w-]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const isOwn = (text: string): boolean => OWN.test(text) || truncateIp(text) === text;

/** Members of every record that the server writes and no sender. */
const ENVELOPE = new Set(['occurred_at', 'recorded_at', 'tenant', 'integrity']);

/** Identifiers of a trace are random bits in hex. */
const TRACE = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/;
const isTrace = (path: string, text: string): boolean =>
  (path === 'correlation.trace_id' || path === 'correlation.span_id') && TRACE.test(text);

/**
 * What the rules of today find in a stored record, each rule once for each path.
 * @param json the record's bytes as they were sealed
 */
export function hitsIn(json: string): Hit[] {
  const record = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const hits = new Map<string, Hit>();
  const look = (text: string, path: string): void => {
    if (isOwn(text) || isTrace(path, text)) return;
    for (const rule of scrub(text)?.counts.keys() ?? []) hits.set(`${rule} ${path}`, { rule, path });
  };
  for (const [key, value] of Object.entries(record)) if (!ENVELOPE.has(key)) walk(value, key, look);
  return [...hits.values()];
}

function walk(value: unknown, path: string, look: (text: string, path: string) => void): void {
  if (typeof value === 'string') look(value, path);
  // A number may be that of a card or an account; the guard leaves short ones alone too.
  else if (typeof value === 'number' && Math.abs(value) >= 1e11) look(String(Math.abs(value)), path);
  else if (Array.isArray(value)) for (const item of value) walk(item, path, look);
  else if (typeof value === 'object' && value !== null)
    for (const [key, member] of Object.entries(value)) {
      look(key, `${path} (key)`);
      // A key that is no plain name may be somebody's: it does not stand in a path.
      walk(member, isPlainIdentifier(key) ? `${path}.${key}` : path, look);
    }
}
