import { ApiError } from '../api/client';

/** An error in its place on the page, with what to quote when asking for help. */
export function FailureNotice({ error }: { error: unknown }) {
  const problem = error instanceof ApiError ? error.problem : null;
  return (
    <div className="notice error" role="alert">
      <strong>{problem?.title ?? 'That did not work'}</strong>
      <p>{problem?.detail ?? (error instanceof Error ? error.message : 'The server did not answer.')}</p>
      {problem === null ? null : <p className="muted mono">request {problem.request_id}</p>}
    </div>
  );
}
