import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import { post, type SearchReply } from '../../api/client';
import { useTitle } from '../../app/shell';
import { useShortcuts } from '../../app/shortcuts';
import { FailureNotice } from '../../ui/failure';
import { Detail } from './detail';
import styles from './explore.module.css';
import { ExportButton } from './export-button';
import { Facets } from './facets';
import { Histogram } from './histogram';
import { QueryBar } from './query-bar';
import { RangePicker } from './range-picker';
import { Rows } from './rows';
import { type Change, DEFAULT_FROM, type ExploreState, readState, searchBody, withCondition } from './state';
import { useTail } from './tail';

const PAGE = 100;

export function ExplorePage() {
  useTitle('Explore');
  // What readState leaves out the router would fill in again with whatever the address says.
  const state = useSearch({ from: '/shell/explore', select: readState });
  const navigate = useNavigate();
  const [selected, setSelected] = useState(-1);
  const queryInput = useRef<HTMLInputElement>(null);
  const rangeInput = useRef<HTMLSelectElement>(null);
  const change = useCallback(
    (next: Change, replace = false) => {
      const merged = Object.fromEntries(
        Object.entries({ ...state, ...next }).filter(([, v]) => v !== undefined && v !== '' && v !== false),
      );
      void navigate({ to: '/explore', search: merged as ExploreState, replace });
    },
    [navigate, state],
  );
  const { open: _open, live: _live, ...asked } = state;
  const body = searchBody(asked);
  const result = useInfiniteQuery({
    queryKey: ['search', body],
    queryFn: ({ pageParam, signal }) =>
      post<SearchReply>(
        '/v1/search',
        { ...body, limit: PAGE, ...(pageParam === '' ? {} : { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.cursor,
    placeholderData: (before) => before,
  });
  const tail = useTail(state.live === true, body, state.open !== undefined);
  const records = useMemo(
    () => [...tail.shown, ...(result.data?.pages.flatMap((page) => page.records) ?? [])],
    [tail.shown, result.data],
  );
  const unique = useMemo(() => [...new Map(records.map((r) => [r.event_id, r])).values()], [records]);
  const open = (id: string | undefined): void => change({ open: id });
  const move = (by: number): void => {
    // Enter is for the record that was chosen with the keys now, and no longer for the button that has the focus.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    setSelected((at) => Math.max(0, Math.min(unique.length - 1, at + by)));
  };
  useShortcuts({
    '/': () => queryInput.current?.focus(),
    t: () => rangeInput.current?.focus(),
    j: () => move(1),
    k: () => move(-1),
    Enter: () => open(unique[selected]?.event_id),
    Escape: () => open(undefined),
    l: () => change({ live: !state.live }),
  });
  const opened = state.open === undefined ? undefined : unique.find((r) => r.event_id === state.open);
  return (
    <div className={styles.page}>
      <h1 className="hidden">Explore</h1>
      <div className={styles.controls}>
        <QueryBar inputRef={queryInput} query={state.q ?? ''} onQuery={(q) => change({ q })} />
        <RangePicker
          selectRef={rangeInput}
          from={state.from ?? DEFAULT_FROM}
          to={state.to ?? 'now'}
          onRange={(from, to) => change({ from, to })}
        />
        <button
          type="button"
          aria-pressed={state.live === true}
          onClick={() => change({ live: !state.live })}
        >
          Live
        </button>
        <button type="button" onClick={() => void result.refetch()}>
          Run
        </button>
        <ExportButton key={JSON.stringify(body)} body={body} />
      </div>
      {state.live ? (
        <div className={styles.tail} role="status">
          {tail.paused ? `Paused · ${tail.waiting} new` : 'Following new records'}
          {tail.paused ? (
            <button type="button" onClick={tail.resume}>
              Resume
            </button>
          ) : null}
        </div>
      ) : null}
      <Histogram body={body} onRange={(from, to) => change({ from, to })} />
      <div className={styles.columns}>
        <Facets
          body={body}
          streams={state.streams}
          onStreams={(streams) => change({ streams })}
          onCondition={(field, value, wanted) => change({ q: withCondition(state.q, field, value, wanted) })}
        />
        <section aria-label="Records" aria-busy={result.isFetching}>
          {result.error === null ? null : <FailureNotice error={result.error} />}
          {unique.length > 0 ? (
            <Rows
              records={unique}
              selected={selected}
              openId={state.open}
              onOpen={open}
              onEnd={() => {
                if (result.hasNextPage && !result.isFetchingNextPage) void result.fetchNextPage();
              }}
              onScroll={tail.pause}
            />
          ) : result.isPending || result.error !== null ? null : (
            <Empty
              narrowed={state.q !== undefined || state.streams !== undefined || state.from !== 'now-30d'}
              onClear={() => change({ q: undefined, streams: undefined, from: 'now-30d', to: undefined })}
            />
          )}
        </section>
      </div>
      {state.open === undefined ? null : (
        <Detail id={state.open} known={opened} onClose={() => open(undefined)} />
      )}
    </div>
  );
}

/** Nothing matches: say what can be done, and where records come from. */
function Empty({ narrowed, onClear }: { narrowed: boolean; onClear: () => void }) {
  return (
    <div className="notice">
      <strong>No record matches.</strong>
      <p>
        {narrowed
          ? 'The query, the streams or the time range may be too narrow.'
          : 'Nothing was received in this tenant yet.'}
      </p>
      <div className="row">
        {narrowed ? (
          <button type="button" onClick={onClear}>
            Clear and look at 30 days
          </button>
        ) : null}
        <Link to="/" className="button">
          Send a record
        </Link>
      </div>
    </div>
  );
}
