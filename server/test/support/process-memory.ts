import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';

/** The process and the processes it started, as Linux lists them. */
function family(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parentOf = (name: string): number => {
    try {
      return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]);
    } catch {
      return -1;
    }
  };
  const children = all.filter((name) => parentOf(name) === pid).map(Number);
  return [pid, ...children.flatMap(family)];
}

/** Which of the needles lie anywhere in the memory that a process and its children can write to (proc(5)). */
export function inMemory(pid: number, needles: ReadonlyMap<string, Buffer>): Set<string> {
  const found = new Set<string>();
  for (const one of family(pid)) {
    const regions = readFileSync(`/proc/${one}/maps`, 'utf8').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm);
    const file = openSync(`/proc/${one}/mem`, 'r');
    try {
      for (const [, from = '', to = ''] of regions)
        for (const chunk of chunks(file, Number.parseInt(from, 16), Number.parseInt(to, 16)))
          for (const [name, bytes] of needles) if (!found.has(name) && chunk.includes(bytes)) found.add(name);
    } finally {
      closeSync(file);
    }
  }
  return found;
}

const CHUNK = 8 * 2 ** 20;
const OVERLAP = 256;

/** What can be read of a region; pages without memory behind them are passed over. */
function* chunks(file: number, from: number, to: number): Generator<Buffer> {
  const buffer = Buffer.alloc(CHUNK);
  for (let at = from; at < to; at += CHUNK - OVERLAP) {
    let length = 0;
    try {
      length = readSync(file, buffer, 0, Math.min(CHUNK, to - at), at);
    } catch {
      // Not readable, as the pages around a stack.
    }
    if (length > 0) yield buffer.subarray(0, length);
  }
}

/** Whether the memory of another process may be read here. */
export function memoryReadable(): boolean {
  try {
    closeSync(openSync(`/proc/${process.ppid}/mem`, 'r'));
    return true;
  } catch {
    return false;
  }
}
