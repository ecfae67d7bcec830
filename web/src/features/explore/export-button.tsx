import { useMutation } from '@tanstack/react-query';
import { useId, useRef, useState } from 'react';
import { request } from '../../api/client';
import { FailureNotice } from '../../ui/failure';
import styles from './explore.module.css';
import type { SearchBody } from './state';

/** The name the server gave it; that one never holds anything of the records or the query. */
const nameOf = (reply: Response): string =>
  /filename="([\w.-]+)"/.exec(reply.headers.get('content-disposition') ?? '')?.[1] ?? 'prooflog-export.zip';

/** Gives the browser a file to save. @returns the number of records in it. */
async function download(body: SearchBody, signal: AbortSignal): Promise<number> {
  const reply = await request('POST', '/v1/exports', body, signal);
  const address = URL.createObjectURL(await reply.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = nameOf(reply);
  link.click();
  // Saving may go on after the click; a minute is more than taking hold of the bytes needs.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return Number(reply.headers.get('x-prooflog-records'));
}

/** Everything that matches the present query, with its proofs, as a zip that is checked without us. */
export function ExportButton({ body }: { body: SearchBody }) {
  const [open, setOpen] = useState(false);
  const panel = useId();
  const told = useId();
  const stop = useRef<AbortController | null>(null);
  const making = useMutation({
    mutationFn: () => {
      stop.current = new AbortController();
      return download(body, stop.current.signal);
    },
  });
  const given = making.error instanceof DOMException && making.error.name === 'AbortError';
  return (
    <>
      <button type="button" aria-expanded={open} aria-controls={panel} onClick={() => setOpen(!open)}>
        Export
      </button>
      <section id={panel} className={`notice ${styles.export}`} aria-label="Export" hidden={!open}>
        <p id={told}>
          A zip of every record that matches this query and time range, each with its proof, and a verifier
          that needs nothing but Node. It proves that these records were sealed exactly so. That none is
          missing is proven only for a log that is exported whole; else it is our word. The export is itself
          recorded.
        </p>
        <div className="row">
          <button
            type="button"
            className="primary"
            aria-describedby={told}
            disabled={making.isPending}
            onClick={() => making.mutate()}
          >
            Download zip
          </button>
          {making.isPending ? (
            <button type="button" onClick={() => stop.current?.abort()}>
              Stop
            </button>
          ) : null}
          <span role="status">
            {making.isPending ? 'Making the export…' : null}
            {making.isSuccess ? `${making.data.toLocaleString('en')} records exported.` : null}
            {given ? 'Stopped; nothing was saved.' : null}
          </span>
        </div>
        {making.error === null || given ? null : <FailureNotice error={making.error} />}
      </section>
    </>
  );
}
