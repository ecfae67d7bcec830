import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { get, type KeyActivity, type StoredRecord } from '../../api/client';
import { CopyButton } from '../../ui/copy-button';
import { visible } from '../../ui/visible';
import { ProofPanel } from '../proof/panel';
import { FIRST_EVENT, snippets } from './snippets';
import styles from './start.module.css';

export interface SendingKey {
  readonly id: string;
  /** Shown once; null after a reload. */
  readonly key: string | null;
}

export function FirstEvent({ sending }: { sending: SendingKey }) {
  const [tab, setTab] = useState('curl');
  const texts = snippets(location.origin, sending.key ?? '<the key shown before>');
  const activity = useQuery({
    queryKey: ['activity', sending.id],
    queryFn: () => get<KeyActivity>(`/v1/keys/${sending.id}/activity`),
    refetchInterval: (query) => (query.state.data?.last_event_id ? false : 1_000),
  });
  const eventId = activity.data?.last_event_id ?? null;
  return (
    <section aria-labelledby="send">
      <h2 id="send">Send it</h2>
      {sending.key === null ? (
        <p className="notice">
          The key was shown once, before this page was reloaded. “Send first event” makes another.
        </p>
      ) : (
        <p className="row">
          <span>Key, shown once:</span> <code>{sending.key}</code>{' '}
          <CopyButton text={sending.key}>Copy key</CopyButton>
        </p>
      )}
      <fieldset className={styles.tabs} aria-label="Client">
        {Object.keys(texts).map((name) => (
          <button key={name} type="button" aria-pressed={name === tab} onClick={() => setTab(name)}>
            {name}
          </button>
        ))}
      </fieldset>
      <pre data-testid="snippet">{texts[tab]}</pre>
      <p />
      <CopyButton text={texts[tab] ?? ''}>Copy command</CopyButton>
      <Waiting activity={activity.data} />
      {eventId === null ? null : <Arrived eventId={eventId} />}
    </section>
  );
}

function Waiting({ activity }: { activity: KeyActivity | undefined }) {
  if (activity?.last_event_id)
    return (
      <div className={`${styles.waiting} ${styles.received}`} role="status">
        <strong>Received.</strong> {activity.accepted} accepted, {activity.rejected} refused.
      </div>
    );
  const refused = activity?.last_rejection;
  return (
    <div className={styles.waiting} role="status">
      <span>Waiting for the first event…</span>
      {refused ? (
        <span>
          The last one was refused: <code>{refused.code}</code> at <code>{visible(refused.field)}</code>.{' '}
          {visible(refused.message)}
        </span>
      ) : null}
    </div>
  );
}

function Arrived({ eventId }: { eventId: string }) {
  // Searchable a moment after it was accepted.
  const record = useQuery({
    queryKey: ['record', eventId],
    queryFn: () => get<StoredRecord>(`/v1/events/${eventId}`),
    retry: 20,
    retryDelay: 250,
  });
  if (record.data === undefined) return null;
  return (
    <>
      <div className={styles.sides}>
        <div>
          <h3>What the command sends</h3>
          <pre>{JSON.stringify(FIRST_EVENT, null, 2)}</pre>
        </div>
        <div>
          <h3>What was kept</h3>
          <pre>{visible(JSON.stringify(record.data, null, 2))}</pre>
        </div>
      </div>
      <ProofPanel record={record.data} />
      <p />
      <Link to="/explore" search={{ open: eventId }}>
        Open it in Explore
      </Link>
    </>
  );
}
