import { PLATFORM_PACK } from '../api/access-log.js';
import type { Pack } from '../pack/model.js';

/** From the first record to the last. */
export const ALL_TIME = { from: 0, to: Date.UTC(2262, 0, 1) };

/** All streams a tenant may have records in. */
export function streamsOf(packs: ReadonlyMap<string, Pack>, names: readonly string[]): string[] {
  const declared = [...names, PLATFORM_PACK].flatMap(
    (name) => packs.get(name)?.events.map((e) => e.stream) ?? [],
  );
  return [...new Set([...declared, 'logs'])].sort();
}

/** All event types a tenant's own packs declare. */
export const eventTypesOf = (
  packs: ReadonlyMap<string, Pack>,
  names: readonly string[],
): ReadonlySet<string> =>
  new Set(names.flatMap((name) => packs.get(name)?.events.map((e) => e.eventType) ?? []));
