import { useQuery } from '@tanstack/react-query';
import { get, getText, type TrustedLog } from '../../api/client';
import { useTitle } from '../../app/shell';
import { CopyButton } from '../../ui/copy-button';
import { FailureNotice } from '../../ui/failure';
import { visible } from '../../ui/visible';
import styles from './ledger.module.css';

/** The logs of this tenant, their keys, and how to check them without this server. */
export function LedgerPage() {
  useTitle('Ledger');
  const logs = useQuery({
    queryKey: ['logs'],
    queryFn: () => get<{ logs: TrustedLog[] }>('/v1/logs-of-trust'),
  });
  const command = `prooflog verify ${location.origin} --token "$PROOFLOG_KEY"`;
  return (
    <>
      <h1>Ledger</h1>
      <p className="muted">
        Every stream is an append-only log under a signed Merkle root. Keep a key and a checkpoint somewhere
        else: then not even the operator can rewrite what they cover.
      </p>
      <div className="row">
        <pre>{command}</pre>
        <CopyButton text={command}>Copy command</CopyButton>
      </div>
      {logs.error === null ? null : <FailureNotice error={logs.error} />}
      {logs.data?.logs.length === 0 ? <p className="notice">Nothing was sealed in this tenant yet.</p> : null}
      {logs.data?.logs.map((log) => (
        <section key={log.origin} className={`panel ${styles.log}`} aria-labelledby={log.stream}>
          <h2 id={log.stream}>
            {log.stream} <span className="muted">{log.size.toLocaleString('en')} entries</span>
          </h2>
          <h3>{log.vkeys.length > 1 ? 'Keys: the last takes the place of the one before it' : 'Key'}</h3>
          <pre>{visible(log.vkeys.join('\n'))}</pre>
          <Checkpoint log={log} />
        </section>
      ))}
    </>
  );
}

function Checkpoint({ log }: { log: TrustedLog }) {
  const note = useQuery({
    queryKey: ['checkpoint', log.origin, log.size],
    queryFn: () => getText(`${log.path}/checkpoint`),
  });
  if (note.data === undefined) return null;
  return (
    <>
      <h3 className={styles.second}>Checkpoint</h3>
      <pre>{visible(note.data)}</pre>
      <p />
      <CopyButton text={note.data}>Copy checkpoint</CopyButton>
    </>
  );
}
