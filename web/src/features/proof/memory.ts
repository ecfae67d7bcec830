/** What this browser remembers of a log: the key it saw first and the last tree it verified. */
export interface Seen {
  readonly size: number;
  /** base64 */
  readonly root: string;
  readonly vkey: string;
}

export interface Memory {
  read(origin: string): Seen | undefined;
  write(origin: string, seen: Seen): void;
}

export interface Growth {
  readonly state: 'first' | 'grown' | 'older' | 'changed' | 'unknown';
  readonly detail: string;
}

const KEY = 'prooflog.seen ';

export const browserMemory: Memory = {
  read(origin) {
    const text = localStorage.getItem(KEY + origin);
    return text === null ? undefined : (JSON.parse(text) as Seen);
  },
  write(origin, seen) {
    localStorage.setItem(KEY + origin, JSON.stringify(seen));
  },
};

/** Compares a verified tree with the remembered one. `prove` checks the consistency of a smaller earlier tree. */
export async function growth(
  seen: Seen | undefined,
  now: Seen,
  prove: (earlier: Seen) => Promise<boolean>,
): Promise<Growth> {
  if (seen === undefined)
    return { state: 'first', detail: 'First time this browser sees this log; it is remembered from now on.' };
  if (seen.vkey !== now.vkey)
    return {
      state: 'changed',
      detail: 'The log is offered with another key than the one this browser saw first.',
    };
  if (seen.size === now.size)
    return seen.root === now.root
      ? { state: 'grown', detail: `The same tree of ${now.size} entries as before.` }
      : { state: 'changed', detail: `There are two different trees of ${now.size} entries.` };
  if (seen.size > now.size)
    return {
      state: 'older',
      detail: `This browser has already seen ${seen.size} entries; the proof is of an earlier tree.`,
    };
  return (await prove(seen))
    ? { state: 'grown', detail: `Grew from ${seen.size} to ${now.size} entries; nothing before was changed.` }
    : { state: 'changed', detail: `The first ${seen.size} entries are not what this browser saw before.` };
}
