import { readFileSync, writeFileSync } from 'node:fs';

const MIB = 2 ** 20;

/** MiB of a process, as Linux counts them. */
function resident(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const kib = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kib) * 1_024) / MIB;
}

/** By how many MiB the process grew at most while `work` was done, however short its peak was. */
export async function peakGrowth(pid: number, work: () => Promise<void>): Promise<number> {
  // proc(5): 5 resets the peak to what is resident now.
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const before = resident(pid, 'VmRSS');
  await work();
  return resident(pid, 'VmHWM') - before;
}
