import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { post, type RehearsalReply } from '../../api/client';
import { useTitle } from '../../app/shell';
import { FailureNotice } from '../../ui/failure';
import { visible } from '../../ui/visible';
import { EXAMPLES, type Kind } from './examples';
import styles from './guard.module.css';
import { explain } from './rules';

type Result = RehearsalReply['results'][number];

/** Pasted records, and what the guard would make of them. */
export function GuardPage() {
  useTitle('Guard');
  const [kind, setKind] = useState<Kind>('event');
  const [text, setText] = useState(EXAMPLES.event);
  const attempt = useMutation({
    mutationFn: () => post<RehearsalReply>(`/v1/guard/try${kind === 'log' ? '?kind=log' : ''}`, text),
  });
  const choose = (next: Kind): void => {
    if (text === EXAMPLES[kind]) setText(EXAMPLES[next]);
    setKind(next);
    attempt.reset();
  };
  return (
    <>
      <h1>Guard</h1>
      <p className="muted">
        Paste records to see what would be kept, changed, left out or refused, and why. Nothing is kept; the
        pseudonyms shown are of this moment only, and nobody has agreed to anything.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          attempt.mutate();
        }}
      >
        <fieldset className={styles.kinds}>
          <legend className="hidden">What is pasted</legend>
          {(['event', 'log'] as const).map((one) => (
            <button key={one} type="button" aria-pressed={one === kind} onClick={() => choose(one)}>
              {one === 'event' ? 'Events' : 'Log records'}
            </button>
          ))}
        </fieldset>
        <label htmlFor="records">JSON: one object, a list, or one object a line</label>
        <textarea
          id="records"
          className={styles.input}
          rows={10}
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="primary" disabled={attempt.isPending || text.trim() === ''}>
          {attempt.isPending ? 'Trying…' : 'Try'}
        </button>
      </form>
      <div aria-live="polite">
        {attempt.error === null ? null : <FailureNotice error={attempt.error} />}
        {attempt.data?.results.map((result) => (
          <Outcome key={result.index} result={result} />
        ))}
      </div>
    </>
  );
}

function Outcome({ result }: { result: Result }) {
  const name = `Record ${result.index + 1}`;
  if (!result.accepted)
    return (
      <section className={`panel ${styles.result}`} aria-label={name}>
        <h2>
          {name} <span className={styles.refused}>refused</span>
        </h2>
        <p>
          <code>{result.rejection.code}</code> at <code>{visible(result.rejection.field)}</code>
        </p>
        <p>{visible(result.rejection.message)}</p>
      </section>
    );
  const changed = result.fates.filter((fate) => fate.rules.length > 0);
  const kept = result.fates.filter((fate) => fate.rules.length === 0);
  return (
    <section className={`panel ${styles.result}`} aria-label={name}>
      <h2>
        {name} <span className={styles.accepted}>accepted</span>{' '}
        <span className="muted">into {visible(String(result.record.stream))}</span>
      </h2>
      {changed.length === 0 ? (
        <p>Everything is kept as it is.</p>
      ) : (
        <Fates caption="Changed" fates={changed} />
      )}
      <details>
        <summary>{kept.length} values kept as they are</summary>
        <Fates caption="Kept" fates={kept} />
      </details>
    </section>
  );
}

function Fates({ caption, fates }: { caption: string; fates: Extract<Result, { accepted: true }>['fates'] }) {
  return (
    <table className={styles.fates}>
      <caption className="hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Place</th>
          <th scope="col">What is kept</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        {fates.map((fate) => (
          <tr key={fate.path}>
            <th scope="row" className="mono">
              {visible(fate.path)}
            </th>
            <td className="mono">
              {fate.kept === undefined ? <em>nothing</em> : visible(asText(fate.kept))}
            </td>
            <td>{fate.rules.length === 0 ? 'as it is' : fate.rules.map(explain).join('; ')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
