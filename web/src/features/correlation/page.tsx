import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type CorrelationReply, get, type StoredRecord } from '../../api/client';
import { useTime } from '../../app/preferences';
import { useTitle } from '../../app/shell';
import { FailureNotice } from '../../ui/failure';
import { cell, visible } from '../../ui/visible';
import { summary } from '../explore/rows';
import styles from './correlation.module.css';

/** Everything under one correlation: a lane for each stream on one axis, and the same as a list in order. */
export function CorrelationPage() {
  const { id } = useParams({ from: '/shell/correlation/$id' });
  useTitle('Correlation');
  const result = useQuery({
    queryKey: ['correlation', id],
    queryFn: () => get<CorrelationReply>(`/v1/correlation/${encodeURIComponent(id)}`),
  });
  return (
    <>
      <h1>Correlation</h1>
      <p>
        <code>{visible(id)}</code>
      </p>
      {result.error === null ? null : <FailureNotice error={result.error} />}
      {result.data === undefined ? <p role="status">Looking…</p> : <Timeline reply={result.data} />}
    </>
  );
}

function Timeline({ reply }: { reply: CorrelationReply }) {
  const time = useTime();
  const { records } = reply;
  const first = Date.parse(records[0]?.occurred_at ?? '');
  const span = Math.max(1, Date.parse(records.at(-1)?.occurred_at ?? '') - first);
  const lanes = [...new Set(records.map((r) => r.stream))];
  const others = reply.ids.filter((other) => other !== reply.id);
  if (records.length === 0) return <p className="notice">Nothing carries this id.</p>;
  return (
    <>
      {others.length === 0 ? null : (
        <details>
          <summary>Together with {others.length} other ids</summary>
          <ul className="mono">
            {others.map((other) => (
              <li key={other}>{visible(other)}</li>
            ))}
          </ul>
        </details>
      )}
      {reply.truncated ? <p className="notice">Only the first {records.length} records are shown.</p> : null}
      <div className={styles.lanes} aria-hidden="true">
        {lanes.map((lane) => (
          <div key={lane} className={styles.lane}>
            <span className={styles.name}>{lane}</span>
            <svg viewBox="0 0 1000 20" preserveAspectRatio="none" className={styles.track} aria-hidden="true">
              <line x1="0" x2="1000" y1="10" y2="10" className={styles.axis} />
              {records
                .filter((r) => r.stream === lane)
                .map((r) => (
                  <rect
                    key={r.event_id}
                    className={isBad(r) ? styles.bad : styles.mark}
                    x={10 + ((Date.parse(r.occurred_at) - first) / span) * 976}
                    y="2"
                    width="5"
                    height="16"
                  />
                ))}
            </svg>
          </div>
        ))}
      </div>
      <div className={styles.scroll}>
        <table>
          <caption className="hidden">Records in order of time</caption>
          <thead>
            <tr>
              <th>Time</th>
              <th>After</th>
              <th>Stream</th>
              <th>Result</th>
              <th>What</th>
            </tr>
          </thead>
          <tbody>
            {records.map((r) => (
              <tr key={r.event_id}>
                <td className={styles.time}>{time(r.occurred_at)}</td>
                <td className={styles.time}>+{((Date.parse(r.occurred_at) - first) / 1_000).toFixed(1)} s</td>
                <td>{r.stream}</td>
                <td>{summary(r).kind}</td>
                <td>
                  <Link
                    to="/explore"
                    search={{
                      q: `event_id:${r.event_id}`,
                      from: '1970-01-01T00:00:00Z',
                      open: r.event_id,
                      streams: r.stream,
                    }}
                  >
                    {cell(summary(r).what)}
                  </Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const isBad = (r: StoredRecord): boolean =>
  ['denied', 'failure', 'ERROR', 'CRITICAL'].includes(summary(r).kind);
