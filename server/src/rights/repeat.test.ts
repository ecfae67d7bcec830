import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDatabase } from '../base/database.js';
import { realDisk } from '../base/disk.js';
import { Keyring } from '../base/keyring.js';
import { type VaultTables, vaultMigrations } from '../vault/tables.js';
import { Vault } from '../vault/vault.js';
import { repeatErasures, type UnknownRecord } from './repeat.js';

it('destroys what a proven record of this tenant says was erased, and nothing else', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'prooflog-repeat-'));
  const control = await openDatabase<VaultTables>(join(dir, 'control.db'), vaultMigrations);
  try {
    const vault = new Vault(control.raw, await Keyring.open(realDisk, join(dir, 'keys')));
    for (const tenant of ['t1', 't2']) await vault.addTenant(tenant);
    const subjects = ['a', 'b', 'c', 'd'].map((name) => vault.pseudonym('t1', `${name}@example.org`));
    vault.flush();
    const asked: string[] = [];
    const record = (tenant: string, id: unknown, action: string, proven: boolean): UnknownRecord => ({
      tenant,
      bytes: Buffer.from(JSON.stringify({ action, entity: { id, type: 'subject' } })),
      proven: async () => {
        asked.push(String(id));
        return proven;
      },
    });
    const [a, b, c, d] = subjects;
    async function* records(): AsyncGenerator<UnknownRecord> {
      yield record('t1', a, 'subject_erased', true);
      yield record('t1', b, 'subject_erased', false);
      yield record('t1', c, 'subject_read', true);
      yield record('t2', d, 'subject_erased', true);
      yield record('t1', 7, 'subject_erased', true);
      // A second record about one who is gone asks for no proof.
      yield record('t1', a, 'subject_erased', true);
    }
    expect(await repeatErasures(vault, records())).toBe(1);
    expect(subjects.map((subject) => vault.keeps('t1', subject))).toEqual([false, true, true, true]);
    expect(asked).toEqual([a, b]);
  } finally {
    await control.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
