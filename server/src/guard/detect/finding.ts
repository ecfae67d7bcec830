/** A place in a text where something personal or secret stands. */
export interface Finding {
  readonly rule: string;
  readonly start: number;
  readonly end: number;
  /** What stands in its place; `[rule]` when nothing else does. */
  readonly as?: string;
}

/** Where a sticky pattern that begins at a place ends, or -1. */
export function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}
