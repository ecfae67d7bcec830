import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type CreatedKey, type DemoReply, post, selectTenant, type Tenant } from '../../api/client';
import { useSession, useTitle } from '../../app/shell';
import { FailureNotice } from '../../ui/failure';
import { FirstEvent, type SendingKey } from './first-event';
import styles from './start.module.css';

const REMEMBERED = 'prooflog.first-key';

/** The secret lives as long as the page: choosing the new tenant mounts everything anew, a reload forgets it. */
let latest: SendingKey | null = null;

function remembered(): SendingKey | null {
  const id = sessionStorage.getItem(REMEMBERED);
  if (id === null) return null;
  return latest?.id === id ? latest : { id, key: null };
}

export function StartPage() {
  useTitle('Start');
  const session = useSession();
  const queries = useQueryClient();
  const [key, setKey] = useState<SendingKey | null>(remembered);
  const demo = useMutation({
    mutationFn: () => post<DemoReply>('/v1/demo', {}),
    onSuccess: async (reply) => {
      selectTenant(reply.tenant.id);
      await queries.invalidateQueries();
    },
  });
  const first = useMutation({
    mutationFn: async () => {
      const own = session.data?.tenants.find((t) => t.slug !== 'demo');
      const tenant =
        own ?? (await post<Tenant>('/v1/tenants', { slug: 'main', packs: ['company-governance'] }));
      selectTenant(tenant.id);
      return post<CreatedKey>('/v1/keys', { tenant: tenant.id, role: 'ingest', label: 'first event' });
    },
    onSuccess: async (created) => {
      sessionStorage.setItem(REMEMBERED, created.id);
      latest = { id: created.id, key: created.key };
      setKey(latest);
      await queries.invalidateQueries({ queryKey: ['session'] });
    },
  });
  return (
    <div className={styles.page}>
      <h1>Every record can be proven</h1>
      <p className="muted">
        What is sent here is stripped of personal data, written to disk, sealed in a signed Merkle tree and
        found in milliseconds. Try it with samples, or with an event of yours.
      </p>
      <div className={styles.choices}>
        <section className="panel" aria-labelledby="demo">
          <h2 id="demo">Sample data</h2>
          <p>
            A company's governance: roles, policies, approvals, an export that looks wrong. It goes into a
            tenant of its own named demo.
          </p>
          <button type="button" className="primary" disabled={demo.isPending} onClick={() => demo.mutate()}>
            {demo.isPending ? 'Loading…' : 'Load demo'}
          </button>
          <div role="status">
            {demo.data === undefined ? null : (
              <p className={styles.result}>
                {demo.data.accepted} records accepted, {demo.data.duplicates} were here already.{' '}
                <Link to="/explore">Explore them</Link>
              </p>
            )}
          </div>
          {demo.error === null ? null : <FailureNotice error={demo.error} />}
        </section>
        <section className="panel" aria-labelledby="own">
          <h2 id="own">Your own event</h2>
          <p>Makes a key that may only send, and shows a command that runs as it is.</p>
          <button type="button" className="primary" disabled={first.isPending} onClick={() => first.mutate()}>
            Send first event
          </button>
          {first.error === null ? null : <FailureNotice error={first.error} />}
        </section>
      </div>
      {key === null ? null : <FirstEvent sending={key} />}
    </div>
  );
}
