import { isMonthDay } from './checks.js';
import type { Cluster } from './cluster.js';

const DIVIDERS = new Set([...'-./'].map((c) => c.charCodeAt(0)));

/** How many groups from `group` on are a date: `2026-11-21`, `21.11.2026`, `11/21/2026`; 0 when they are none. */
export function dateIn(c: Cluster, group: number): number {
  const separator = c.separator(group + 1);
  if (!DIVIDERS.has(separator) || c.separator(group + 2) !== separator || c.length(group + 1) > 2) return 0;
  const yearFirst = c.length(group) === 4;
  if (c.length(group) + c.length(group + 2) > 6) return 0;
  const [year, day] = yearFirst ? [c.value(group), c.value(group + 2)] : [c.value(group + 2), c.value(group)];
  if (year < 1900 || year > 2099) return 0;
  const month = c.value(group + 1);
  return isMonthDay(month, day) || isMonthDay(day, month) ? 3 : 0;
}
