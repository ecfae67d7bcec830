import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { ApiError, get, type Session, selectedTenant, selectTenant } from '../api/client';
import { SignedOut } from '../features/signin/signed-out';
import { FailureNotice } from '../ui/failure';
import { type Theme, usePreferences } from './preferences';
import styles from './shell.module.css';
import { SHORTCUTS, useShortcuts } from './shortcuts';

/** The session, and a tenant chosen if there is any. */
export function useSession() {
  return useQuery({
    queryKey: ['session'],
    staleTime: 60_000,
    queryFn: async () => {
      const session = await get<Session>('/v1/session');
      const known = session.tenants.some((t) => t.id === selectedTenant());
      const first = session.tenants.find((t) => t.slug === 'demo') ?? session.tenants[0];
      if (!known && first !== undefined) selectTenant(first.id);
      return session;
    },
  });
}

export function Shell() {
  const session = useSession();
  const dialog = useRef<HTMLDialogElement>(null);
  const navigate = useNavigate();
  const preferences = usePreferences();
  useShortcuts({
    '?': () => dialog.current?.showModal(),
    u: () => preferences.setUtc(!preferences.utc),
    'g e': () => void navigate({ to: '/explore' }),
    'g s': () => void navigate({ to: '/' }),
    'g l': () => void navigate({ to: '/ledger' }),
    'g g': () => void navigate({ to: '/guard' }),
  });
  if (session.error instanceof ApiError && session.error.problem.status === 401) return <SignedOut />;
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <header className={styles.bar}>
        <span className={styles.brand}>
          <img src="/icon.svg" alt="" width="20" height="20" /> Prooflog
        </span>
        <nav className={styles.nav} aria-label="Main">
          <Link to="/" activeOptions={{ exact: true }}>
            Start
          </Link>
          <Link to="/explore">Explore</Link>
          <Link to="/ledger">Ledger</Link>
          <Link to="/guard">Guard</Link>
        </nav>
        <div className={styles.tools}>
          <TenantSwitch session={session.data} />
          <ThemeSwitch />
          <button
            type="button"
            className="plain"
            onClick={() => preferences.setUtc(!preferences.utc)}
            aria-label={`Times are ${preferences.utc ? 'UTC' : 'local'}; switch`}
          >
            {preferences.utc ? 'UTC' : 'Local'}
          </button>
          <button
            type="button"
            className="plain"
            onClick={() => dialog.current?.showModal()}
            aria-label="Keyboard shortcuts"
          >
            ?
          </button>
        </div>
      </header>
      <main id="main" className={styles.main}>
        {session.error === null ? (
          session.data === undefined ? null : (
            <Outlet key={selectedTenant()} />
          )
        ) : (
          <FailureNotice error={session.error} />
        )}
      </main>
      <dialog ref={dialog} className={styles.dialog} aria-labelledby="shortcuts">
        <h2 id="shortcuts">Keyboard shortcuts</h2>
        <table>
          <tbody>
            {SHORTCUTS.map(([key, what]) => (
              <tr key={key}>
                <td>
                  <kbd className="mono">{key}</kbd>
                </td>
                <td>{what}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p />
        <label className="row">
          <input
            type="checkbox"
            checked={preferences.shortcuts}
            onChange={(e) => preferences.setShortcuts(e.target.checked)}
          />{' '}
          Single-key shortcuts are on
        </label>
        <p />
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </dialog>
    </>
  );
}

function TenantSwitch({ session }: { session: Session | undefined }) {
  const queries = useQueryClient();
  const tenants = session?.tenants ?? [];
  if (tenants.length === 0) return <span className="muted">no tenant yet</span>;
  return (
    <label>
      <span className="hidden">Tenant</span>
      <select
        value={selectedTenant() ?? ''}
        onChange={(e) => {
          selectTenant(e.target.value);
          void queries.resetQueries();
        }}
      >
        {tenants.map((t) => (
          <option key={t.id} value={t.id}>
            {t.slug === 'demo' ? 'demo (sample data)' : t.slug}
          </option>
        ))}
      </select>
    </label>
  );
}

function ThemeSwitch() {
  const { theme, setTheme } = usePreferences();
  return (
    <label>
      <span className="hidden">Theme</span>
      <select value={theme} onChange={(e) => setTheme(e.target.value as Theme)}>
        <option value="system">System theme</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}

/** Names the page for the tab, the history and screen readers. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Prooflog`;
  }, [title]);
}
