import { type ReactNode, useState } from 'react';

/** Copies a text and says so, also to a screen reader. */
export function CopyButton({ text, children }: { text: string; children: ReactNode }) {
  const [done, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 2_000);
  };
  return (
    <button type="button" onClick={() => void copy()}>
      <span aria-live="polite">{done ? 'Copied' : children}</span>
    </button>
  );
}
