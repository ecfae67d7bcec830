import { useEffect, useRef } from 'react';
import { usePreferences } from './preferences';

export const SHORTCUTS: readonly [string, string][] = [
  ['?', 'This list'],
  ['/', 'Go to the query'],
  ['t', 'Go to the time range'],
  ['u', 'Switch between UTC and local time'],
  ['j / k', 'Next / previous record'],
  ['Enter', 'Open the record'],
  ['Esc', 'Close what is open'],
  ['l', 'Live tail on and off'],
  ['g e', 'Explore'],
  ['g s', 'Start'],
  ['g l', 'Ledger'],
  ['g g', 'Guard'],
];

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

/** Enter on a button or a link is for the button or the link. */
const isOwnEnter = ({ key, target }: KeyboardEvent): boolean =>
  key === 'Enter' && target instanceof HTMLElement && target.closest('a, button, summary') !== null;

/** Binds single keys and `g x` pairs; silent while typing, with a modifier, or when switched off. */
export function useShortcuts(bindings: Readonly<Record<string, () => void>>): void {
  const { shortcuts } = usePreferences();
  const latest = useRef(bindings);
  latest.current = bindings;
  useEffect(() => {
    if (!shortcuts) return;
    let prefix = '';
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isOwnEnter(event))
        return;
      const key = prefix === 'g' ? `g ${event.key}` : event.key;
      prefix = event.key === 'g' && prefix === '' ? 'g' : '';
      const action = latest.current[key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [shortcuts]);
}
