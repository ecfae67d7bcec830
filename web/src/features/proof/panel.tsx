import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ApiError, type StoredRecord } from '../../api/client';
import { CopyButton } from '../../ui/copy-button';
import { FailureNotice } from '../../ui/failure';
import { visible } from '../../ui/visible';
import { type Check, checkRecord } from './check';
import { browserMemory } from './memory';
import styles from './proof.module.css';

const NAMES: Readonly<Record<string, string>> = {
  record_hash: 'The record is unchanged',
  block: 'It is in its block',
  inclusion: 'It is in the sealed book',
  signature: 'The seal is signed with the log’s key',
};

/** A proof is fetched until the record is sealed, which takes a moment after it was accepted. */
export function ProofPanel({ record }: { record: StoredRecord }) {
  const check = useQuery({
    queryKey: ['proof', record.event_id, record.integrity.hash],
    queryFn: () => checkRecord(record, browserMemory),
    retry: (count, error) =>
      error instanceof ApiError && [404, 503].includes(error.problem.status) && count < 20,
    retryDelay: 300,
  });
  return (
    <section className={styles.panel} aria-label="Proof" aria-busy={check.isPending}>
      <Badge check={check.data} pending={check.isPending} />
      {check.data?.state === 'erased' ? (
        <Erasure records={(record.erased_by ?? []).map((erased) => erased.event_id)} />
      ) : null}
      {check.error === null ? null : <FailureNotice error={check.error} />}
      {check.data === undefined ? null : <Steps check={check.data} record={record} />}
    </section>
  );
}

const STATES = {
  verified: { word: 'Verified', icon: 'M8 1 2 3.5v4C2 11 4.5 13.6 8 15c3.5-1.4 6-4 6-7.5v-4zM5 8l2 2 4-4.5' },
  erased: { word: 'Erased', icon: 'M6 13h8M2 9.5 9 2.5l4.5 4.5-6 6H5.5z' },
  tampered: { word: 'Tampered', icon: 'M2 2l12 12M14 2 2 14' },
  unknown: { word: 'Cannot tell', icon: 'M6 6a2 2 0 1 1 3 2c-1 .6-1 1-1 2M8 13v.1' },
  pending: { word: 'Checking…', icon: 'M8 3v5l3 2M8 1a7 7 0 1 0 .1 0' },
} as const;

function Badge({ check, pending }: { check: Check | undefined; pending: boolean }) {
  const state = check?.state ?? (pending ? 'pending' : 'unknown');
  const { word, icon } = STATES[state];
  return (
    <div className={`${styles.badge} ${styles[state]}`} role="status" data-state={state}>
      <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
        <path
          d={icon}
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      <strong>{word}</strong>
      {state === 'erased' ? <span>and unchanged: checked by this browser, just now</span> : null}
      {state === 'verified' ? <span>by this browser, just now</span> : null}
    </div>
  );
}

function Erasure({ records }: { records: readonly string[] }) {
  return (
    <p className={styles.erasure}>
      A person in this record was erased. The record stands in the book exactly as it was sealed, but the key
      to that person’s values is destroyed: nobody can read them, or say who it was.{' '}
      {records.map((id) => (
        <Link key={id} to="/explore" search={(before) => ({ ...before, open: id })}>
          Record of the erasure
        </Link>
      ))}
    </p>
  );
}

function Steps({ check, record }: { check: Check; record: StoredRecord }) {
  const grownOk =
    check.growth.state === 'grown' || check.growth.state === 'first' || check.growth.state === 'older';
  return (
    <>
      <ul className={styles.steps}>
        {check.steps.map((step) => (
          <Step key={step.id} ok={step.ok} name={NAMES[step.id] ?? step.id} detail={step.detail} />
        ))}
        <Step ok={grownOk} name="The book only ever grew" detail={check.growth.detail} />
      </ul>
      <details>
        <summary>Show work</summary>
        <h3>Leaf hash</h3>
        <pre>{check.leafHash}</pre>
        <h3>
          Entry {check.index} of {check.size}: {check.path.length} hashes up to the root
        </h3>
        <pre>{check.path.length === 0 ? '(the entry is the root)' : check.path.join('\n')}</pre>
        <h3>Signed checkpoint</h3>
        <pre>{visible(check.checkpoint)}</pre>
        <h3>Key</h3>
        <pre>{check.vkey}</pre>
      </details>
      <p className="muted">
        This page came from the same server. Whoever does not want to trust it checks offline:
      </p>
      <pre>
        prooflog verify {record.event_id}.tlog-proof --vkey '{check.vkey}'
      </pre>
      <div className={styles.actions}>
        <button type="button" onClick={() => download(`${record.event_id}.tlog-proof`, check.proofText)}>
          Download proof
        </button>
        <CopyButton text={`prooflog verify ${record.event_id}.tlog-proof --vkey '${check.vkey}'`}>
          Copy command
        </CopyButton>
      </div>
    </>
  );
}

function Step({ ok, name, detail }: { ok: boolean; name: string; detail: string }) {
  return (
    <li className={ok ? styles.ok : styles.bad}>
      <span className={styles.mark} aria-hidden="true">
        {ok ? '✓' : '✗'}
      </span>
      <span>
        <span className="hidden">{ok ? 'holds:' : 'does not hold:'} </span>
        {name}
        <span className={styles.detail}>{visible(detail)}</span>
      </span>
    </li>
  );
}

function download(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
