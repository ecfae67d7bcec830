import { type Ref, useState } from 'react';

const PRESETS: readonly [string, string][] = [
  ['now-5m', 'Last 5 minutes'],
  ['now-15m', 'Last 15 minutes'],
  ['now-1h', 'Last hour'],
  ['now-6h', 'Last 6 hours'],
  ['now-24h', 'Last 24 hours'],
  ['now-7d', 'Last 7 days'],
  ['now-30d', 'Last 30 days'],
  ['1970-01-01T00:00:00Z', 'All time'],
];

interface Props {
  selectRef: Ref<HTMLSelectElement>;
  from: string;
  to: string;
  onRange: (from: string, to: string) => void;
}

/** Presets, or two typed ends: relative (now-2h) or RFC 3339. */
export function RangePicker({ selectRef, from, to, onRange }: Props) {
  const preset = to === 'now' && PRESETS.some(([value]) => value === from) ? from : 'custom';
  const [custom, setCustom] = useState(false);
  const typed = custom || preset === 'custom';
  return (
    <>
      <label>
        <span className="hidden">Time range</span>
        <select
          ref={selectRef}
          value={typed ? 'custom' : preset}
          onChange={(e) => {
            setCustom(e.target.value === 'custom');
            if (e.target.value !== 'custom') onRange(e.target.value, 'now');
          }}
        >
          {PRESETS.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
          <option value="custom">From – to…</option>
        </select>
      </label>
      {typed ? <Typed key={`${from} ${to}`} from={from} to={to} onRange={onRange} /> : null}
    </>
  );
}

function Typed({ from, to, onRange }: Omit<Props, 'selectRef'>) {
  const [ends, setEnds] = useState({ from, to });
  return (
    <form
      className="row"
      onSubmit={(e) => {
        e.preventDefault();
        onRange(ends.from.trim(), ends.to.trim());
      }}
    >
      <input
        aria-label="From"
        size={20}
        value={ends.from}
        onChange={(e) => setEnds({ ...ends, from: e.target.value })}
      />
      <input
        aria-label="To"
        size={20}
        value={ends.to}
        onChange={(e) => setEnds({ ...ends, to: e.target.value })}
      />
      <button type="submit">Apply</button>
    </form>
  );
}
