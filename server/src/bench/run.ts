import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insert, render, type Table } from './table.js';

export interface BenchOptions {
  readonly json: boolean;
  /** Markdown file to write the table into. */
  readonly write?: string;
}

export type Measure = (dir: string, say: (text: string) => void) => Promise<Table>;

/** Measures in a folder of its own, prints the table and writes it where asked. */
export async function runBench(measure: Measure, options: BenchOptions): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'prooflog-bench-'));
  try {
    const table = await measure(dir, (text) => process.stderr.write(`${text}\n`));
    process.stdout.write(options.json ? `${JSON.stringify(table)}\n` : render(table));
    if (options.write !== undefined) insert(options.write, table);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
