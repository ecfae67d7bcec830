import { breaking, versionsOf } from './evolution.js';
import type { EventDeclaration, Pack } from './model.js';

/** What became of one event between two states of a pack. */
export interface EventDiff {
  readonly event_type: string;
  readonly action: string;
  /** Reasons why it breaks with what was; none when it is compatible. */
  readonly breaking: readonly string[];
}

/** Every event of either pack: whether what was sent and read with the one can be with the other. */
export function diffPacks(before: Pack, after: Pack): EventDiff[] {
  const [old, now] = [versionsOf(before), versionsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().map((key) => {
    const [event_type = '', action = ''] = key.split('\n');
    return { event_type, action, breaking: lost(old.get(key) ?? [], now.get(key) ?? []) };
  });
}

function lost(old: readonly EventDeclaration[], now: readonly EventDeclaration[]): string[] {
  return old.flatMap((event) => {
    const same = now.find(({ version }) => version === event.version);
    return same === undefined
      ? [`version ${event.version} is gone`]
      : breaking(event, { ...same, upcast: null });
  });
}
