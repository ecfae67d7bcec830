import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlDatabase, openDatabase } from '../base/database.js';
import { realDisk } from '../base/disk.js';
import { Keyring } from '../base/keyring.js';
import { type VaultTables, vaultMigrations } from '../vault/tables.js';
import { Vault } from '../vault/vault.js';
import { Erasures, type RightsRecord, type Surroundings } from './erasure.js';
import { Holds } from './holds.js';
import { folder } from './scan.js';
import { type RightsTables, rightsMigrations } from './tables.js';

const TENANT = 't1';
const PERSON = 'ada.lovelace@example.org';
const BY = { credential: 'key1', role: 'admin' };

let dir: string;
let control: ControlDatabase<VaultTables & RightsTables>;
let vault: Vault;
let holds: Holds;
/** What reached the ledger, by event id: the same id twice is one record there. */
let ledger: Map<string, RightsRecord>;
let failures: number;
let now: number;

const clock = (): number => now;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'prooflog-erasure-'));
  ledger = new Map();
  failures = 0;
  now = Date.UTC(2026, 0, 1);
  await open();
});
afterEach(async () => {
  await control.close();
  rmSync(dir, { recursive: true, force: true });
});

async function open(): Promise<void> {
  control = await openDatabase(join(dir, 'control.db'), { ...vaultMigrations, ...rightsMigrations });
  vault = new Vault(control.raw, await Keyring.open(realDisk, join(dir, 'keys')));
  await vault.addTenant(TENANT);
  holds = new Holds(control.db as never, clock);
}

/** `before`: the nth record fails before it is written; `after`: it is written, and then the answer is lost. */
function erasures(fault?: { at: number; when: 'before' | 'after' }): Erasures {
  let calls = 0;
  const around: Surroundings = {
    async record(_tenant, _by, record) {
      calls += 1;
      if (fault?.at === calls && fault.when === 'before') throw new Error('cut off');
      ledger.set(record.eventId, record);
      if (fault?.at === calls) throw new Error('cut off');
    },
    rowsHolding: async () => failures,
    places: [folder('control.db', join(dir, 'control.db'))],
  };
  return new Erasures(control.db as never, vault, holds, around, clock);
}

function known(): { subject: string; sealed: string; place: Parameters<Vault['seal']>[0] } {
  const subject = vault.pseudonym(TENANT, PERSON);
  const place = { tenant: TENANT, subject, eventId: 'e1', path: 'metadata.details.note' };
  const sealed = vault.seal(place, 'words');
  vault.flush();
  return { subject, sealed, place };
}

const actions = (): string[] => [...ledger.values()].map((record) => record.action);

describe('Erasures', () => {
  it('leaves neither key nor mapping, in memory or on disk', async () => {
    const { subject, sealed, place } = known();
    expect(vault.open(place, sealed)).toBe('words');
    const erasure = await erasures().erase(TENANT, BY, PERSON, 'art. 17');
    expect(erasure).toMatchObject({ state: 'scanned', subject });
    expect(erasure.scan?.flatMap((report) => report.found)).toEqual([]);
    expect(vault.open(place, sealed)).toBeNull();
    expect(vault.traces(TENANT, PERSON)).toBeNull();
    expect(vault.pseudonym(TENANT, PERSON)).not.toBe(subject);
    await control.close();
    await open();
    expect(vault.open(place, sealed)).toBeNull();
    expect(actions()).toEqual(['subject_erased', 'erasure_scanned']);
  });

  it.each([
    { at: 1, when: 'before' },
    { at: 1, when: 'after' },
    { at: 2, when: 'before' },
    { at: 2, when: 'after' },
  ] as const)('cut off at record $at, $when it was written: goes on from there', async (fault) => {
    const { sealed, place } = known();
    await expect(erasures(fault).erase(TENANT, BY, PERSON, 'art. 17')).rejects.toThrow('cut off');
    // Nothing is destroyed before the record of it is written.
    expect(vault.open(place, sealed) === null).toBe(fault.at === 2);
    await control.close();
    await open();
    const again = erasures();
    await again.resume();
    expect(vault.open(place, sealed)).toBeNull();
    expect(actions()).toEqual(['subject_erased', 'erasure_scanned']);
    // The second time there is nothing left to do.
    await again.resume();
    expect(ledger.size).toBe(2);
  });

  it('asked again while it is half done, it is the same erasure', async () => {
    known();
    await expect(erasures({ at: 1, when: 'after' }).erase(TENANT, BY, PERSON, 'art. 17')).rejects.toThrow();
    expect((await erasures().erase(TENANT, BY, PERSON, 'asked twice')).ground).toBe('art. 17');
    expect(actions()).toEqual(['subject_erased', 'erasure_scanned']);
  });

  it('a hold stands until its end', async () => {
    const { subject, sealed, place } = known();
    await holds.set(TENANT, subject, 'case 1', '2026-06-01T00:00:00.000Z');
    await expect(erasures().erase(TENANT, BY, PERSON, 'art. 17')).rejects.toMatchObject({
      code: 'legal_hold',
    });
    expect([actions(), vault.open(place, sealed)]).toEqual([['erasure_refused'], 'words']);
    now = Date.UTC(2026, 5, 2);
    expect((await erasures().erase(TENANT, BY, PERSON, 'art. 17')).state).toBe('scanned');
  });

  it('reports what is found where it should not be', async () => {
    known();
    failures = 3;
    writeFileSync(join(dir, 'control.db-note'), PERSON);
    const erasure = await erasures().erase(TENANT, BY, PERSON, 'art. 17');
    expect(erasure.scan?.at(-1)?.found).toEqual([{ file: '3 records', what: "the subject's own id" }]);
    expect([...ledger.values()].at(-1)?.details).toMatchObject({ found: 1, own_id_looked_for: true });
  });

  it('T25: a key wrapped for one subject or tenant does not unwrap for another', async () => {
    const { subject } = known();
    await vault.addTenant('t2');
    const other = vault.pseudonym(TENANT, 'someone.else@example.org');
    vault.seal({ tenant: TENANT, subject: other, eventId: 'e', path: 'p' }, 'x');
    vault.flush();
    const row = control.raw.prepare('select wrapped from subject_keys where subject = ?').get(subject) as {
      wrapped: Buffer;
    };
    control.raw.prepare('update subject_keys set wrapped = ? where subject = ?').run([row.wrapped, other]);
    await control.close();
    await open();
    expect(() =>
      vault.open({ tenant: TENANT, subject: other, eventId: 'e', path: 'p' }, 'sealed:v1:x'),
    ).toThrow();
  });
});
