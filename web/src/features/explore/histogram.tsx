import { useQuery } from '@tanstack/react-query';
import { type PointerEvent, useRef, useState } from 'react';
import { type HistogramReply, post } from '../../api/client';
import { useTime } from '../../app/preferences';
import styles from './explore.module.css';
import type { SearchBody } from './state';

const BAD = new Set(['ERROR', 'CRITICAL', 'failure', 'denied']);
type Bucket = HistogramReply['buckets'][number];

const total = (bucket: Bucket): number => Object.values(bucket.counts).reduce((sum, n) => sum + n, 0);
const bad = (bucket: Bucket): number =>
  Object.entries(bucket.counts).reduce((sum, [kind, n]) => sum + (BAD.has(kind) ? n : 0), 0);

/** Records over time; dragging chooses a range, and the table below says the same in words. */
export function Histogram({
  body,
  onRange,
}: {
  body: SearchBody;
  onRange: (from: string, to: string) => void;
}) {
  const time = useTime();
  const chart = useRef<SVGSVGElement>(null);
  const [brush, setBrush] = useState<[number, number] | null>(null);
  const result = useQuery({
    queryKey: ['histogram', body],
    queryFn: ({ signal }) => post<HistogramReply>('/v1/histogram', { ...body, buckets: 60 }, signal),
    placeholderData: (before) => before,
  });
  const data = result.data;
  const buckets =
    data === undefined ? [] : body.from.startsWith('1970') ? trimmed(data.buckets) : data.buckets;
  const most = Math.max(1, ...buckets.map(total));
  const at = (event: PointerEvent): number => {
    const box = chart.current?.getBoundingClientRect();
    return box === undefined ? 0 : Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  };
  const finish = (): void => {
    const range = brush;
    setBrush(null);
    if (range === null || data === undefined || Math.abs(range[1] - range[0]) < 0.005) return;
    const [a, b] = [Math.min(...range), Math.max(...range)].map((x) => Math.floor(x * buckets.length)) as [
      number,
      number,
    ];
    const from = buckets[a]?.at ?? data.from;
    const last = buckets[Math.min(b, buckets.length - 1)]?.at ?? data.to;
    onRange(from, new Date(Date.parse(last) + data.step_ms - 1).toISOString());
  };
  return (
    <section className={styles.chart} aria-label="Records over time">
      <svg
        ref={chart}
        viewBox={`0 0 ${Math.max(1, buckets.length)} 100`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${data?.total ?? 0} records; the table has the numbers`}
        onPointerDown={(e) => setBrush([at(e), at(e)])}
        onPointerMove={(e) => brush !== null && setBrush([brush[0], at(e)])}
        onPointerUp={finish}
        onPointerLeave={() => setBrush(null)}
      >
        {buckets.map((bucket, i) => (
          <g key={bucket.at}>
            <rect
              className={styles.bar}
              x={i + 0.08}
              width={0.84}
              y={100 - (total(bucket) / most) * 100}
              height={(total(bucket) / most) * 100}
            />
            <rect
              className={styles.barBad}
              x={i + 0.08}
              width={0.84}
              y={100 - (bad(bucket) / most) * 100}
              height={(bad(bucket) / most) * 100}
            />
          </g>
        ))}
        {brush === null ? null : (
          <rect
            className={styles.brush}
            x={Math.min(...brush) * buckets.length}
            width={Math.abs(brush[1] - brush[0]) * buckets.length}
            y={0}
            height={100}
          />
        )}
      </svg>
      <div className={styles.axis}>
        <span>{buckets[0] === undefined ? '' : time(buckets[0].at)}</span>
        <span>{data === undefined ? '' : `${data.total.toLocaleString('en')} records`}</span>
        <span>{buckets.at(-1) === undefined ? '' : time(buckets.at(-1)?.at ?? '')}</span>
      </div>
      <details>
        <summary className="muted">As a table</summary>
        <table>
          <thead>
            <tr>
              <th>From</th>
              <th>Records</th>
              <th>Failed or denied</th>
              <th>
                <span className="hidden">Choose</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {buckets
              .filter((bucket) => total(bucket) > 0)
              .map((bucket) => (
                <tr key={bucket.at}>
                  <td>{time(bucket.at, true)}</td>
                  <td>{total(bucket)}</td>
                  <td>{bad(bucket)}</td>
                  <td>
                    <button
                      type="button"
                      onClick={() =>
                        onRange(
                          bucket.at,
                          new Date(Date.parse(bucket.at) + (data?.step_ms ?? 0) - 1).toISOString(),
                        )
                      }
                    >
                      Only this
                    </button>
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}

/** "All time" begins in 1970: the chart begins with the first record. */
function trimmed(buckets: readonly Bucket[]): Bucket[] {
  const first = buckets.findIndex((bucket) => total(bucket) > 0);
  return first > 0 ? buckets.slice(first - 1) : [...buckets];
}
