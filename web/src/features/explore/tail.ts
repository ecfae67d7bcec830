import { useCallback, useEffect, useState } from 'react';
import { type StoredRecord, selectedTenant } from '../../api/client';
import type { SearchBody } from './state';

const KEPT = 1_000;

export interface Tail {
  /** Newest first. */
  readonly shown: readonly StoredRecord[];
  readonly waiting: number;
  readonly paused: boolean;
  readonly pause: () => void;
  readonly resume: () => void;
}

/** Follows new records while it is on. Reading (scrolling, an open record) pauses it; nothing is lost meanwhile. */
export function useTail(on: boolean, body: SearchBody, reading: boolean): Tail {
  const [shown, setShown] = useState<readonly StoredRecord[]>([]);
  const [held, setHeld] = useState<readonly StoredRecord[]>([]);
  const [scrolled, setScrolled] = useState(false);
  const paused = on && (scrolled || reading);
  const { query } = body;
  const streams = body.streams?.join(',') ?? '';
  useEffect(() => {
    setShown([]);
    setHeld([]);
    setScrolled(false);
    if (!on) return;
    const source = new EventSource(
      `/v1/tail?${new URLSearchParams({ query, streams, tenant: selectedTenant() ?? '' })}`,
    );
    source.onmessage = (event) => {
      const records = (JSON.parse(event.data as string) as StoredRecord[]).reverse();
      setHeld((before) => [...records, ...before].slice(0, KEPT));
    };
    return () => source.close();
  }, [on, query, streams]);
  useEffect(() => {
    if (paused || held.length === 0) return;
    setShown((before) => [...held, ...before].slice(0, KEPT));
    setHeld([]);
  }, [paused, held]);
  return {
    shown,
    waiting: held.length,
    paused,
    pause: useCallback(() => setScrolled(true), []),
    resume: useCallback(() => setScrolled(false), []),
  };
}
