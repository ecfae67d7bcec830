import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

export interface Table {
  /** Names its place in the document: `<!-- name -->` … `<!-- /name -->`. */
  readonly name: string;
  /** What was measured how, behind the machine. */
  readonly how: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A measured value as people read it. */
export const shown = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;

export function render({ how, head, rows }: Table): string {
  const cpu = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const day = new Date().toISOString().slice(0, 10);
  const title = `Measured ${day} on ${cpu}, ${memory}, Node ${process.version}, ${how}.\n`;
  return `${title}\n${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}

/** Replaces what stands between the marks; the text around it is written by people. */
export function insert(path: string, table: Table): void {
  const text = readFileSync(path, 'utf8');
  const [begin, end] = [`<!-- ${table.name} -->`, `<!-- /${table.name} -->`];
  const [before, after] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  writeFileSync(path, `${text.slice(0, before)}\n${render(table)}${text.slice(after)}`);
}
