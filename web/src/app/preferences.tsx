import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';

export type Theme = 'system' | 'light' | 'dark';

interface Preferences {
  theme: Theme;
  setTheme: (theme: Theme) => void;
  utc: boolean;
  setUtc: (utc: boolean) => void;
  /** Single-key shortcuts; they can be switched off (WCAG 2.1.4). */
  shortcuts: boolean;
  setShortcuts: (on: boolean) => void;
}

const Context = createContext<Preferences | null>(null);

function useStored<T extends string>(name: string, otherwise: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => (localStorage.getItem(name) as T | null) ?? otherwise);
  return [
    value,
    (next) => {
      localStorage.setItem(name, next);
      setValue(next);
    },
  ];
}

export function PreferencesProvider({ children }: { children: ReactNode }) {
  const [theme, setTheme] = useStored<Theme>('prooflog.theme', 'system');
  const [zone, setZone] = useStored<'utc' | 'local'>('prooflog.zone', 'local');
  const [keys, setKeys] = useStored<'on' | 'off'>('prooflog.keys', 'on');
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const apply = (): void => {
      document.documentElement.dataset.theme = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
    };
    apply();
    dark.addEventListener('change', apply);
    return () => dark.removeEventListener('change', apply);
  }, [theme]);
  const value = useMemo(
    () => ({
      theme,
      setTheme,
      utc: zone === 'utc',
      setUtc: (utc: boolean) => setZone(utc ? 'utc' : 'local'),
      shortcuts: keys === 'on',
      setShortcuts: (on: boolean) => setKeys(on ? 'on' : 'off'),
    }),
    [theme, zone, keys, setTheme, setZone, setKeys],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function usePreferences(): Preferences {
  const value = useContext(Context);
  if (value === null) throw new Error('outside of PreferencesProvider');
  return value;
}

/** Shows a time in the zone that is switched on, always with its offset or Z in the full form. */
export function useTime(): (iso: string, full?: boolean) => string {
  const { utc } = usePreferences();
  return (iso, full = false) => {
    const date = new Date(iso);
    if (Number.isNaN(date.getTime())) return iso;
    const local = new Date(date.getTime() - (utc ? 0 : date.getTimezoneOffset() * 60_000)).toISOString();
    return full
      ? `${local.slice(0, 10)} ${local.slice(11, 23)}${utc ? ' UTC' : ''}`
      : `${local.slice(5, 10)} ${local.slice(11, 23)}`;
  };
}
