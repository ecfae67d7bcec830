/** Everything the page shows is in its address. Absent means the default, so that links stay short. */
export interface ExploreState {
  q?: string;
  /** RFC 3339 or relative; relative stays relative. */
  from?: string;
  to?: string;
  streams?: string;
  /** Event id of the open record. */
  open?: string;
  live?: boolean;
}

/** Some of the state changed; undefined takes a part back to its default. */
export type Change = { [K in keyof ExploreState]?: ExploreState[K] | undefined };

export const DEFAULT_FROM = 'now-24h';

/** The router reads `500` and `true` in an address as what they look like; here they are words to look for. */
const text = (value: unknown): string | undefined => {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
};

export function readState(search: Record<string, unknown>): ExploreState {
  const state: ExploreState = {};
  for (const name of ['q', 'from', 'to', 'streams', 'open'] as const) {
    const value = text(search[name]);
    if (value !== undefined) state[name] = value;
  }
  if (search.live === true || search.live === 'true') state.live = true;
  return state;
}

export interface SearchBody {
  query: string;
  from: string;
  to: string;
  streams?: string[];
}

/** What is asked of the server for this state. */
export function searchBody(state: ExploreState): SearchBody {
  return {
    query: state.q ?? '*',
    from: state.from ?? DEFAULT_FROM,
    to: state.to ?? 'now',
    ...(state.streams === undefined ? {} : { streams: state.streams.split(',') }),
  };
}

/** Adds or takes away a condition on a field. */
export function withCondition(
  query: string | undefined,
  field: string,
  value: string,
  wanted: boolean,
): string {
  const quoted = /^[\w.-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
  const condition = `${wanted ? '' : '-'}${field}:${quoted}`;
  const before = (query ?? '').trim();
  return before === '' || before === '*' ? condition : `${before} ${condition}`;
}
