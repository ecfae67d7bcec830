import { sealedFor } from '@prooflog/proof';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { get, type StoredRecord, type Withheld } from '../../api/client';
import { useTime } from '../../app/preferences';
import { CopyButton } from '../../ui/copy-button';
import { FailureNotice } from '../../ui/failure';
import { visible } from '../../ui/visible';
import { ProofPanel } from '../proof/panel';
import styles from './explore.module.css';
import { summary } from './rows';

interface Props {
  id: string;
  /** The record, if the list has it already. */
  known: StoredRecord | undefined;
  onClose: () => void;
}

/** One record: what it says, what the guard took out, its proof, and where to go from it. */
export function Detail({ id, known, onClose }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const fetched = useQuery({
    queryKey: ['record', id],
    queryFn: () => get<StoredRecord>(`/v1/events/${encodeURIComponent(id)}`),
    enabled: known === undefined,
  });
  const record = known ?? fetched.data;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another record moves the focus again
  useEffect(() => {
    const before = document.activeElement;
    heading.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, [id]);
  return (
    <aside className={styles.drawer} aria-label="Record">
      <header>
        <h2 ref={heading} tabIndex={-1}>
          {record === undefined ? 'Record' : visible(summary(record).what.slice(0, 200))}
        </h2>
        <button type="button" onClick={onClose} aria-label="Close record">
          ✕
        </button>
      </header>
      {fetched.error === null ? null : <FailureNotice error={fetched.error} />}
      {record === undefined ? null : <Content key={record.event_id} record={record} />}
    </aside>
  );
}

function Content({ record }: { record: StoredRecord }) {
  const { withheld } = record;
  return withheld === undefined ? (
    <Shown record={record} />
  ) : (
    <Quarantined record={record} withheld={withheld} />
  );
}

/** A proof would carry the record, so there is none to show; the hash can be held against the log's tiles. */
function Quarantined({ record, withheld }: { record: StoredRecord; withheld: Withheld }) {
  return (
    <>
      <Summary record={record} />
      <div className={styles.section} role="note">
        <h3>Withheld</h3>
        <p>
          Something was found in this record that should not have been stored, so a privacy incident is open
          or was closed as contained. Nobody is shown what it says; that it was sealed can still be checked by
          its hash.
        </p>
        <ul>
          {withheld.hits.map(({ rule, path }) => (
            <li key={`${rule} ${path}`}>
              {rule} in <code>{visible(path)}</code>
            </li>
          ))}
        </ul>
        <h3>Entry {withheld.index}, hash</h3>
        <pre>{record.integrity.hash}</pre>
      </div>
    </>
  );
}

function Shown({ record }: { record: StoredRecord }) {
  const json = JSON.stringify(record, null, 2);
  return (
    <>
      <Summary record={record} />
      <div className={styles.section}>
        <h3>Proof</h3>
        <ProofPanel record={record} />
      </div>
      {record.anonymised === undefined ? null : (
        <p className="muted">
          Network addresses were taken out of what is shown here when their time was over; the sealed record
          has them.
        </p>
      )}
      {record.guard === undefined ? null : (
        <div className={styles.section}>
          <h3>Taken out at the door</h3>
          <ul>
            {record.guard.remarks.map((r) => (
              <li key={`${r.rule} ${r.path}`}>
                {r.rule} in <code>{visible(r.path)}</code>
                {r.count > 1 ? ` × ${r.count}` : ''}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className={styles.section}>
        <h3>Record</h3>
        <pre>{visible(json)}</pre>
        <p />
        <div className="row">
          <CopyButton text={json}>Copy JSON</CopyButton>
          <CopyButton
            text={`curl -H "Authorization: Bearer $PROOFLOG_KEY" ${location.origin}/v1/events/${record.event_id}`}
          >
            Copy as curl
          </CopyButton>
        </div>
      </div>
    </>
  );
}

function Summary({ record }: { record: StoredRecord }) {
  const time = useTime();
  const ids = Object.entries(record.correlation ?? {}).filter(([name]) => name !== 'span_id');
  return (
    <table className={styles.summary}>
      <tbody>
        <Line name="When">{time(record.occurred_at, true)}</Line>
        <Line name="Stream">{record.stream}</Line>
        {record.actor === undefined ? null : (
          <Line name="Actor">
            {record.actor.type} <code>{visible(record.actor.id)}</code>{' '}
            {visible(
              [record.actor.role, record.actor.ip, record.actor.country, record.actor.user_agent]
                .filter(Boolean)
                .join(' · '),
            )}
          </Line>
        )}
        {record.result === undefined ? null : <Line name="Result">{record.result}</Line>}
        {ids.map(([name, id]) => (
          <Line key={name} name={name}>
            <Link to="/correlation/$id" params={{ id }}>
              <code>{visible(id)}</code>
            </Link>
          </Line>
        ))}
        <Line name="Id">
          <code>{record.event_id}</code>
        </Line>
        {record.corrects === undefined ? null : (
          <Line name="Corrects">
            <RecordLink id={record.corrects} />
          </Line>
        )}
        {erasedFields(record).map((name) => (
          <Line key={name} name={visible(name)}>
            <em>erased</em>
          </Line>
        ))}
        {(record.corrected_by ?? []).map((id) => (
          <Line key={id} name="Corrected by">
            <RecordLink id={id} />
          </Line>
        ))}
      </tbody>
    </table>
  );
}

/** Details whose values nobody can open any more; in the record itself they stand as they were sealed. */
function erasedFields({ erased_by, metadata }: StoredRecord): string[] {
  const gone = new Set((erased_by ?? []).map((erased) => erased.subject));
  const details = Object.entries(metadata?.details ?? {});
  return details.flatMap(([name, value]) => (gone.has(sealedFor(value) ?? '') ? [name] : []));
}

/** Opens another record in the drawer; the query and the range stay as they are. */
function RecordLink({ id }: { id: string }) {
  return (
    <Link to="/explore" search={(before) => ({ ...before, open: id })}>
      <code>{visible(id)}</code>
    </Link>
  );
}

function Line({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <tr>
      <td>{name}</td>
      <td>{children}</td>
    </tr>
  );
}
