import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { post } from '../../api/client';
import { useTitle } from '../../app/shell';
import { FailureNotice } from '../../ui/failure';
import styles from './signin.module.css';

/** Redeems the one-time link. The token stands in the fragment, which no server ever sees. */
export function SignInPage() {
  const [error, setError] = useState<unknown>(null);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const sent = useRef(false);
  useTitle('Sign in');
  useEffect(() => {
    // A second run of the effect would find the link used.
    if (sent.current) return;
    sent.current = true;
    const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
    history.replaceState(null, '', '/signin');
    post('/v1/session', { token })
      .then(() => queries.resetQueries())
      .then(() => navigate({ to: '/', replace: true }))
      .catch(setError);
  }, [queries, navigate]);
  return (
    <main className={styles.page}>
      <h1>Prooflog</h1>
      {error === null ? <p role="status">Signing in…</p> : <FailureNotice error={error} />}
    </main>
  );
}
