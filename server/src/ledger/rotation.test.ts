import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseNote, parseVkey, toHex, verifyLog } from '@prooflog/proof';
import { findLogs } from '@prooflog/proof/node';
import { describe, expect, it } from 'vitest';
import { removeDir, tempDir } from '../../test/support/program.js';
import { openDatabase } from '../base/database.js';
import { realDisk } from '../base/disk.js';
import { Keyring } from '../base/keyring.js';
import { formatUuid, newUuid, parseUuid } from '../base/uuid.js';
import { mintJournaled } from '../event/mint/journaled.js';
import { Heads } from './heads.js';
import { KeyringKeys } from './key-stores.js';
import { Ledger } from './ledger.js';
import { proveRecord } from './proofs.js';
import { LedgerReader } from './reader.js';
import { Rotation, type RotationSurroundings } from './rotation.js';
import { Signer } from './signer.js';
import { SigningKeys } from './signing-keys.js';
import { type LedgerTables, ledgerMigrations } from './tables.js';

const TENANT = 't1';
const BY = { credential: 'test', role: 'admin' };
const origin = (log: string): string => `test.example/${log}`;

/** The calls a change of keys makes; the one of this number goes wrong, before or after it was done. */
interface Fault {
  readonly at: number;
  readonly mode: 'not done' | 'done, reported failed';
}

/** Opens what the program opens, and closes it after the work; records are sealed at once. */
async function session(
  dir: string,
  fault: Fault | null,
  work: (rotation: Rotation) => Promise<void>,
  other: Partial<RotationSurroundings> = {},
): Promise<number> {
  const control = await openDatabase<LedgerTables>(join(dir, 'control.db'), ledgerMigrations);
  try {
    const keyring = await Keyring.open(realDisk, join(dir, 'keys'));
    const keys = await SigningKeys.load(control.db, { keyring: new KeyringKeys(keyring) });
    const heads = await Heads.load(control.db);
    const signer = new Signer((tenant) => keys.inForce(tenant));
    const ledger = new Ledger({ dir: join(dir, 'ledger'), disk: realDisk, heads, signer, origin });
    await ledger.repair();
    const reader = new LedgerReader(realDisk, join(dir, 'ledger'));
    const leafOf = async (id: string): Promise<number | null> => {
      const size = ledger.size(`${TENANT}/admin`);
      for await (const { bytes, leaf } of reader.read(`${TENANT}/admin`, 0, size, size))
        if (Buffer.from(bytes).includes(id)) return leaf;
      return null;
    };
    const seal = async (log: `${string}/${string}`, id: string, rest: object): Promise<void> => {
      const head = `{"action":"signing_key_rotated","event_id":"${id}","integrity":{"prev_hash":"`;
      const payload = Buffer.from(`${head}${'0'.repeat(64)}"},${JSON.stringify(rest).slice(1)}`);
      const at = { position: heads.position, next: heads.position + 1 };
      const eventId = parseUuid(id) as Uint8Array;
      await ledger.seal([
        mintJournaled({ kind: 'record', log, eventId, patch: head.length, payload, ...at }),
      ]);
    };
    if (heads.all().length === 0) await seal(`${TENANT}/audit`, formatUuid(newUuid(0)), { text: 'before' });
    let calls = 0;
    const run = async <T>(done: () => Promise<T>): Promise<T> => {
      const hit = ++calls === fault?.at;
      if (hit && fault?.mode === 'not done') throw new Error('injected');
      const result = await done();
      if (hit) throw new Error('injected');
      return result;
    };
    const around: RotationSurroundings = {
      newId: () => formatUuid(newUuid(Date.now())),
      namesOf: (tenant) => ({ tenant: origin(tenant), origin: origin(`${tenant}/admin`) }),
      resign: (tenant, change) => run(() => ledger.resign(tenant, () => run(change))),
      record: (tenant, _by, { id }, details) =>
        run(async () => {
          if ((await leafOf(id)) === null) await seal(`${tenant}/admin`, id, { metadata: { details } });
        }),
      proofOf: (tenant, id) =>
        run(async () => {
          const leaf = await leafOf(id);
          return leaf === null ? null : proveRecord(realDisk, reader, `${tenant}/admin`, leaf, 0);
        }),
      ...other,
    };
    await work(new Rotation(keys, around)).catch((error: Error) => {
      if (error.message !== 'injected') throw error;
    });
    return calls;
  } finally {
    await control.close();
  }
}

/** Keys that sign the log, and what its own file names; and what an outsider says to it. */
async function stateOf(dir: string): Promise<{ signers: number; same: boolean; verified: boolean }[]> {
  const states = [];
  for (const { name, source } of await findLogs(dir)) {
    const file = (path: string): string => readFileSync(join(dir, 'ledger', name, path), 'utf8');
    const vkeys = file('vkey').trim().split('\n');
    const ids = parseNote(file('checkpoint')).signatures.map((s) => toHex(s.id));
    const same = ids.join() === vkeys.map((key) => toHex(parseVkey(key).id)).join();
    states.push({ signers: ids.length, same, verified: (await verifyLog(source)).status === 'verified' });
  }
  return states;
}

const WHOLE = { same: true, verified: true };

async function play(step: 'rotate' | 'retire', fault: Fault | null): Promise<number> {
  const dir = tempDir();
  try {
    if (step === 'retire') await session(dir, null, (rotation) => rotation.rotate(TENANT, BY));
    const calls = await session(dir, fault, (rotation) => rotation[step](TENANT, BY));
    // A start, then whoever asked asks again if it is not done.
    await session(dir, null, async (rotation) => {
      await rotation.resume();
      const done =
        rotation
          .list(TENANT)
          .map((key) => key.state)
          .join() === wanted(step);
      if (!done) await rotation[step](TENANT, BY);
      expect(
        rotation
          .list(TENANT)
          .map((key) => key.state)
          .join(),
      ).toBe(wanted(step));
      expect(rotation.list(TENANT)[1]?.rotation === null).toBe(step === 'rotate');
    });
    const one = { ...WHOLE, signers: step === 'rotate' ? 2 : 1 };
    expect(await stateOf(dir)).toEqual([one, one]);
    const records = step === 'rotate' ? 1 : 2;
    expect((await verifyLog((await findLogs(dir))[0]?.source as never)).records).toBe(records);
    return calls;
  } finally {
    removeDir(dir);
  }
}

const wanted = (step: 'rotate' | 'retire'): string =>
  step === 'rotate' ? 'signing,signing' : 'retired,signing';

describe.each(['rotate', 'retire'] as const)('every step of %s', (step) => {
  it.each(['not done', 'done, reported failed'] as const)(
    'when it is %s, the next start mends it',
    async (mode) => {
      const calls = await play(step, null);
      expect(calls).toBeGreaterThan(3);
      for (let at = 1; at <= calls; at++) await play(step, { at, mode });
    },
  );
});

describe('a change of keys', () => {
  it('is not ended while the record of it is not proven under both keys', async () => {
    const dir = tempDir();
    try {
      await session(dir, null, (rotation) => rotation.rotate(TENANT, BY));
      const unsealed = { proofOf: async () => null };
      await session(
        dir,
        null,
        async (rotation) => {
          await expect(rotation.retire(TENANT, BY)).rejects.toMatchObject({ code: 'not_sealed' });
          expect(rotation.list(TENANT).map((key) => key.state)).toEqual(['signing', 'signing']);
          await expect(rotation.rotate(TENANT, BY)).rejects.toMatchObject({ code: 'conflict' });
        },
        unsealed,
      );
      await session(dir, null, async (rotation) => {
        await rotation.retire(TENANT, BY);
        await expect(rotation.retire(TENANT, BY)).rejects.toMatchObject({ code: 'conflict' });
      });
    } finally {
      removeDir(dir);
    }
  });
});
