import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Failure } from '../base/errors.js';

/** The pack of docs/formats/pack.md, whole. */
const EXAMPLE = join(import.meta.dirname, '../../../examples/parcel-service');

/**
 * Writes a small pack that works into a folder, named like the folder where that is a name for a pack.
 * @throws Failure `conflict` when something stands there already.
 */
export function writeNewPack(dir: string): void {
  if (existsSync(dir) && readdirSync(dir).length > 0)
    throw new Failure('conflict', 'There is something in this folder already.');
  cpSync(EXAMPLE, dir, { recursive: true });
  const name = basename(resolve(dir));
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name)) return;
  const head = join(dir, 'pack.yaml');
  writeFileSync(head, readFileSync(head, 'utf8').replace(/^name: .*$/m, `name: ${name}`));
}
