import { useQuery } from '@tanstack/react-query';
import { type FacetsReply, post } from '../../api/client';
import { cell } from '../../ui/visible';
import styles from './explore.module.css';
import type { SearchBody } from './state';

const FIELDS = ['action', 'result', 'level', 'service', 'entity.type', 'actor.role', 'error_type'];
const STREAMS = ['audit', 'activity', 'logs', 'access', 'admin', 'security'];

interface Props {
  body: SearchBody;
  streams: string | undefined;
  onStreams: (streams: string | undefined) => void;
  onCondition: (field: string, value: string, wanted: boolean) => void;
}

export function Facets({ body, streams, onStreams, onCondition }: Props) {
  const result = useQuery({
    queryKey: ['facets', body],
    queryFn: ({ signal }) => post<FacetsReply>('/v1/facets', { ...body, fields: FIELDS }, signal),
    placeholderData: (before) => before,
  });
  const chosen = new Set(streams?.split(',') ?? []);
  const toggle = (stream: string): void => {
    const next = new Set(chosen);
    if (!next.delete(stream)) next.add(stream);
    onStreams(next.size === 0 ? undefined : [...next].join(','));
  };
  return (
    <aside className={styles.facets} aria-label="Filters">
      <details open>
        <summary>Streams</summary>
        {STREAMS.map((stream) => (
          <div key={stream}>
            <label className="row">
              <input type="checkbox" checked={chosen.has(stream)} onChange={() => toggle(stream)} /> {stream}
            </label>
          </div>
        ))}
      </details>
      {(result.data?.facets ?? [])
        .filter((facet) => facet.values.length > 0)
        .map((facet) => (
          <details key={facet.field} open={facet.field === 'action' || facet.field === 'level'}>
            <summary>{facet.field}</summary>
            {facet.values.map(({ value, count }) => (
              <div key={value} className={styles.facet}>
                <span title={cell(value)}>{cell(value)}</span>
                <span className={styles.count}>{count}</span>
                <button
                  type="button"
                  aria-label={`Only ${facet.field} ${cell(value)}`}
                  onClick={() => onCondition(facet.field, value, true)}
                >
                  +
                </button>
                <button
                  type="button"
                  aria-label={`Without ${facet.field} ${cell(value)}`}
                  onClick={() => onCondition(facet.field, value, false)}
                >
                  −
                </button>
              </div>
            ))}
          </details>
        ))}
    </aside>
  );
}
