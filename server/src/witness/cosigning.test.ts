import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  cosign,
  formatCosignerVkey,
  formatSignatureLine,
  parseCheckpoint,
  parseNote,
  parsePolicy,
  verifyLog,
} from '@prooflog/proof';
import { directorySource } from '@prooflog/proof/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyringSigner } from '../../test/support/signer.js';
import { openDatabase } from '../base/database.js';
import { realDisk } from '../base/disk.js';
import { signingKey } from '../base/ed25519.js';
import { Keyring } from '../base/keyring.js';
import { formatUuid } from '../base/uuid.js';
import { mintJournaled } from '../event/mint/journaled.js';
import type { Journaled, LogName } from '../event/stages.js';
import { Heads } from '../ledger/heads.js';
import { Ledger } from '../ledger/ledger.js';
import { Signer } from '../ledger/signer.js';
import { type LedgerTables, ledgerMigrations } from '../ledger/tables.js';
import { Cosigning } from './cosigning.js';
import { parseKnownLogs } from './known-logs.js';
import { planOf } from './remote.js';
import { parseAddCheckpoint } from './request.js';
import { type WitnessTables, witnessMigrations } from './tables.js';
import { Witness } from './witness.js';

const LOG: LogName = 't1/audit';
const ORIGIN = `test.example/${LOG}`;
const INTERVAL = 60;

let dir: string;
let ledger: Ledger;
let heads: Heads;
let vkey: string;
let next: number;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'prooflog-cosigning-'));
  next = 0;
  const control = await openDatabase<LedgerTables>(join(dir, 'control.db'), ledgerMigrations);
  closing.push(control.close);
  heads = await Heads.load(control.db);
  const signer = keyringSigner(await Keyring.open(realDisk, join(dir, 'keys')));
  [vkey = ''] = await signer.vkeys('t1', ORIGIN);
  const origin = (log: LogName): string => `test.example/${log}`;
  ledger = new Ledger({ dir: join(dir, 'ledger'), disk: realDisk, heads, signer, origin });
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(dir, { recursive: true, force: true });
});

function record(n: number): Journaled {
  const id = Buffer.alloc(16);
  id.writeUInt32BE(n, 12);
  const head = `{"event_id":"${formatUuid(id)}","integrity":{"prev_hash":"`;
  const payload = Buffer.from(`${head}${'0'.repeat(64)}"}}`);
  return mintJournaled({
    kind: 'record',
    log: LOG,
    eventId: id,
    patch: head.length,
    payload,
    position: n,
    next: n + 1,
  });
}

async function grow(by: number): Promise<void> {
  await ledger.seal(Array.from({ length: by }, () => record(next++)));
}

const published = (): string => readFileSync(join(dir, 'ledger', LOG, 'checkpoint'), 'utf8');
const cosigned = (): string => readFileSync(join(dir, 'ledger', LOG, 'checkpoint.cosigned'), 'utf8');
const namesUnder = (note: string): string[] => parseNote(note).signatures.map((s) => s.name);
const sizeOf = (note: string): number => parseCheckpoint(parseNote(note).text).size;

type Handler = (body: Buffer) => Promise<{ status: number; type?: string; text: string }> | null;

interface Place {
  readonly url: string;
  /** Milliseconds at which requests came, and how many were under way at most. */
  readonly times: number[];
  readonly bodies: Buffer[];
  most: number;
}

async function listen(handler: Handler): Promise<Place> {
  let under = 0;
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    place.times.push(performance.now());
    under += 1;
    place.most = Math.max(place.most, under);
    response.on('close', () => {
      under -= 1;
    });
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      place.bodies.push(Buffer.concat(chunks));
      void handler(Buffer.concat(chunks))?.then(({ status, type = 'text/plain', text }) => {
        response.writeHead(status, { 'content-type': type }).end(text);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const place: Place = { url: `http://127.0.0.1:${port}`, times: [], bodies: [], most: 0 };
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return place;
}

const keyOf = (n: number) => ({ name: `witness.example/w${n}`, ...signingKey(Buffer.alloc(32, n)) });
const lineOf = (n: number, url: string): string =>
  `witness w${n} ${formatCosignerVkey(keyOf(n).name, keyOf(n).pub)} ${url}\n`;

/** The real witness behind HTTP. */
async function witness(n: number): Promise<Place> {
  const control = await openDatabase<WitnessTables>(join(dir, `w${n}.db`), witnessMigrations);
  closing.push(control.close);
  const role = await Witness.load(control.db, parseKnownLogs(vkey), keyOf(n), Date.now);
  return listen(async (body) => {
    const answer = await role.addCheckpoint(body);
    return answer.kind === 'cosigned'
      ? { status: 200, text: answer.lines }
      : { status: 409, type: 'text/x.tlog.size', text: `${answer.size}\n` };
  });
}

interface Started {
  readonly cosigning: Cosigning;
  readonly errors: string[];
}

function start(policy: string, interval = INTERVAL): Started {
  const errors: string[] = [];
  const plan = planOf(policy);
  const cosigning = new Cosigning({
    plan,
    clock: Date.now,
    logs: () => heads.all().map((head) => head.log),
    originOf: (log) => `test.example/${log}`,
    open: (log) => ({
      size: () => ledger.size(log),
      checkpoint: () => ledger.checkpoints.read(log),
      read: (path) => realDisk.readFile(join(ledger.dirOf(log), path)),
      publish: (note, cosignature) => ledger.checkpoints.addCosignature(log, note, cosignature, plan.enough),
    }),
    onError: (name, error) => errors.push(`${name}: ${(error as Error).message}`),
    interval,
  });
  closing.push(() => cosigning.stop());
  return { cosigning, errors };
}

/** Until the published checkpoint has this size and these signatures. */
async function untilSigned(size: number, names: readonly string[]): Promise<void> {
  await expect
    .poll(() => [sizeOf(published()), ...namesUnder(published()).sort()], { timeout: 20_000, interval: 5 })
    .toEqual([size, ...[...names].sort()]);
}

describe('Cosigning', () => {
  it('brings the witnesses of a policy under each checkpoint, behind the log’s own signature', async () => {
    const places = [await witness(1), await witness(2)];
    const lines = places.map((place, i) => lineOf(i + 1, `${place.url}/`)).join('');
    const policy = `log ${vkey}\n${lines}group all all w1 w2\nquorum all\n`;
    const { cosigning, errors } = start(policy);
    for (const by of [3, 1, 300, 700]) {
      await grow(by);
      cosigning.wake();
      await untilSigned(next, [ORIGIN, keyOf(1).name, keyOf(2).name]);
      expect(namesUnder(published())[0]).toBe(ORIGIN);
      const report = await verifyLog(directorySource(join(dir, 'ledger', LOG)), {
        policy: parsePolicy(policy),
      });
      expect(report).toMatchObject({ status: 'verified', key: 'trusted', size: next });
      expect(report.witnesses?.every((w) => w.time !== null)).toBe(true);
    }
    expect(errors).toEqual([]);
    expect(cosigning.health()).toMatchObject([
      { name: 'w1', waiting: 0 },
      { name: 'w2', waiting: 0 },
    ]);
    expect(cosigning.health()[0]?.age).toBeLessThan(60);
  });

  it('learns from 409 where a witness stands, and asks it one thing at a time', async () => {
    const place = await witness(1);
    const policy = `${lineOf(1, place.url)}quorum w1\n`;
    const first = start(policy);
    await grow(5);
    first.cosigning.wake();
    await untilSigned(5, [ORIGIN, keyOf(1).name]);
    await first.cosigning.stop();
    // Started anew it knows who stands under the checkpoint there is, and nothing else.
    const late = await witness(2);
    const second = start(`${lineOf(2, late.url)}${policy}`);
    second.cosigning.wake();
    await untilSigned(5, [ORIGIN, keyOf(1).name, keyOf(2).name]);
    expect(place.times.length).toBe(1);
    for (let i = 0; i < 6; i++) {
      await grow(7);
      second.cosigning.wake();
    }
    await untilSigned(next, [ORIGIN, keyOf(1).name, keyOf(2).name]);
    await second.cosigning.stop();
    // And nothing at all where a checkpoint came after the last that was cosigned.
    await grow(3);
    const third = start(policy);
    third.cosigning.wake();
    await untilSigned(next, [ORIGIN, keyOf(1).name]);
    expect([...second.errors, ...third.errors]).toEqual([]);
    const olds = place.bodies.slice(-2).map((body) => parseAddCheckpoint(body).old);
    expect(olds).toEqual([0, next - 3]);
    expect(place.most).toBe(1);
    // Cosignatures that stand under the checkpoint already are no business of a witness.
    for (const body of [...place.bodies, ...late.bodies])
      expect(parseAddCheckpoint(body).note.signatures.map((s) => s.name)).toEqual([ORIGIN]);
  });

  it('asks a witness no more often than it may, however fast the log grows', async () => {
    const place = await witness(1);
    const interval = 250;
    const { cosigning } = start(`${lineOf(1, place.url)}quorum w1\n`, interval);
    const began = performance.now();
    for (let i = 0; i < 25; i++) {
      await grow(1);
      cosigning.wake();
    }
    await untilSigned(next, [ORIGIN, keyOf(1).name]);
    expect(place.times.length).toBeLessThanOrEqual(1 + Math.floor((performance.now() - began) / interval));
  });

  it('waits for nobody: one that is down and one that never answers delay no other', async () => {
    const good = await witness(1);
    const gone = await listen(() => null);
    const hanging = await listen(() => null);
    await closing.splice(closing.length - 2, 1)[0]?.();
    const { cosigning, errors } = start(
      `${lineOf(1, good.url)}${lineOf(2, gone.url)}${lineOf(3, hanging.url)}quorum w1\n`,
    );
    for (let i = 0; i < 3; i++) {
      await grow(2);
      cosigning.wake();
      await untilSigned(next, [ORIGIN, keyOf(1).name]);
    }
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    expect(new Set(errors)).toEqual(new Set(['w2: It does not answer (ECONNREFUSED).']));
    expect(hanging.times.length).toBe(1);
    expect(cosigning.health().map((h) => h.waiting)).toEqual([0, 1, 1]);
    const began = performance.now();
    await cosigning.stop();
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('publishes nothing of a witness that lies', async () => {
    const answer = (make: (text: string) => Promise<string>): Handler => {
      return async (body) => ({ status: 200, text: await make(parseAddCheckpoint(body).note.text) });
    };
    const lies: Handler[] = [
      answer(async (text) => formatSignatureLine(await cosign(`${text}x`, keyOf(1), 5))),
      answer(async (text) =>
        formatSignatureLine(await cosign(text, { ...keyOf(9), name: keyOf(2).name }, 5)),
      ),
      answer(async () => '\u2014 nonsense\n'),
      answer(async () => 'x'.repeat(100_000)),
      async () => ({ status: 409, text: '99\n' }),
      async () => ({ status: 409, text: '0\n' }),
      async () => ({ status: 302, text: '' }),
    ];
    const places = await Promise.all(lies.map((lie) => listen(lie)));
    const lines = places.map((place, i) => lineOf(i + 1, place.url)).join('');
    const { cosigning, errors } = start(`${lines}quorum w1\n`);
    await grow(4);
    const before = published();
    cosigning.wake();
    await expect
      .poll(() => new Set(errors.map((e) => e.slice(0, 2))).size, { timeout: 10_000 })
      .toBe(lies.length);
    await cosigning.stop();
    expect(published()).toBe(before);
  });

  it('shows a witness only the logs the policy names', async () => {
    const place = await witness(1);
    const other = vkey.replace(ORIGIN, 'test.example/t2/audit');
    expect(() => planOf(`log ${other}\n${lineOf(1, place.url)}quorum w1\n`)).toThrow('Line 1');
    const plan = planOf(`log ${vkey}\n${lineOf(1, place.url)}quorum w1\n`);
    expect([plan.covers(ORIGIN), plan.covers('test.example/t2/audit')]).toEqual([true, false]);
    expect(planOf(`${lineOf(1, place.url)}quorum w1\n`).covers('anything')).toBe(true);
    expect(() => planOf('quorum none\n')).toThrow('no witness');
    expect(() => planOf(`${lineOf(1, 'ftp://x')}quorum w1\n`)).toThrow('http');
  });
});

describe('Checkpoints', () => {
  const always = (_signed: string): boolean => true;
  const add = async (signed: string, n: number, time = 7, enough = always): Promise<void> => {
    const note = parseNote(signed);
    await ledger.checkpoints.addCosignature(LOG, note, await cosign(note.text, keyOf(n), time), enough);
  };

  it('never puts an older checkpoint over a newer one', async () => {
    await grow(1);
    const old: string[] = [];
    const sizes: [published: number, cosigned: number][] = [];
    for (let i = 0; i < 30; i++) {
      old.push(published());
      const sealing = grow(1);
      const adding = old.slice(-3).map((before) => add(before, 1));
      await Promise.all([sealing, ...adding]);
      sizes.push([sizeOf(published()), sizeOf(cosigned())]);
    }
    for (const which of [0, 1] as const) {
      const seen = sizes.map((both) => both[which]);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
    }
    expect(sizes.at(-1)?.[0]).toBe(31);
    // What came too late is kept all the same.
    expect(sizes.every(([latest, kept]) => kept === latest - 1 || kept === latest)).toBe(true);
    expect(namesUnder(cosigned())).toEqual([ORIGIN, keyOf(1).name]);
  });

  it('keeps nothing that only a retired key signed, when its cosignature comes late', async () => {
    const keys = [signingKey(Buffer.alloc(32, 1))];
    const signer = new Signer(async () => keys);
    ledger = new Ledger({ dir: join(dir, 'ledger'), disk: realDisk, heads, signer, origin: () => ORIGIN });
    await grow(1);
    const old = published();
    await grow(1);
    await ledger.resign('t1', async () => void keys.splice(0, 1, signingKey(Buffer.alloc(32, 2))));
    await add(old, 1);
    expect(existsSync(join(dir, 'ledger', LOG, 'checkpoint.cosigned'))).toBe(false);
    await add(published(), 1);
    expect(cosigned()).toBe(published());
  });

  it('keeps one cosignature per key, and the log’s own first', async () => {
    await grow(1);
    for (const [n, time] of [
      [1, 5],
      [2, 5],
      [1, 6],
    ] as const)
      await add(published(), n, time);
    expect(namesUnder(published())).toEqual([ORIGIN, keyOf(2).name, keyOf(1).name]);
    expect(cosigned()).toBe(published());
  });

  it('keeps the newest that has the quorum, however the log grew between two answers', async () => {
    const text = [1, 2, 3].map((n) => lineOf(n, `http://127.0.0.1:${n}`)).join('');
    const policy = `log ${vkey}\n${text}group g 2 w1 w2 w3\nquorum g\n`;
    const { enough } = planOf(policy);
    const verify = () =>
      verifyLog(directorySource(join(dir, 'ledger', LOG)), { policy: parsePolicy(policy) });
    await grow(3);
    const three = published();
    await add(three, 1, 7, enough);
    await grow(2);
    const five = published();
    await add(five, 2, 7, enough);
    expect(await verify()).toMatchObject({ status: 'unknown', findings: [{ code: 'quorum_not_met' }] });
    await add(three, 2, 7, enough);
    expect(sizeOf(cosigned())).toBe(3);
    await grow(300);
    await add(five, 3, 7, enough);
    expect(namesUnder(cosigned())).toEqual([ORIGIN, keyOf(2).name, keyOf(3).name]);
    await add(three, 3, 7, enough);
    expect(sizeOf(cosigned())).toBe(5);
    expect(await verify()).toMatchObject({ status: 'verified', size: 305, witnessed: 5, findings: [] });
    // Whoever swaps it for one of another history is found out.
    const path = join(dir, 'ledger', LOG, 'checkpoint.cosigned');
    writeFileSync(
      path,
      cosigned().replace(/^(.*\n5\n)(.)/, (_, head: string, c: string) => head + (c === 'A' ? 'B' : 'A')),
    );
    expect(await verify()).toMatchObject({ status: 'tampered', findings: [{ path: 'checkpoint.cosigned' }] });
  });

  it('signs the newest anew when the keys change, and drops a cosigned one that no key in force signed', async () => {
    const keys = [signingKey(Buffer.alloc(32, 8))];
    const signer = new Signer(async () => [...keys]);
    const at = { dir: join(dir, 'ledger'), disk: realDisk, heads, signer };
    ledger = new Ledger({ ...at, origin: (log) => `test.example/${log}` });
    await grow(2);
    await add(published(), 1);
    await ledger.resign('t1', async () => void keys.push(signingKey(Buffer.alloc(32, 9))));
    expect(namesUnder(published())).toEqual([ORIGIN, ORIGIN, keyOf(1).name]);
    expect(cosigned()).toBe(published());
    // It is still the newest, so it goes over to the new key alone.
    await ledger.resign('t1', async () => void keys.shift());
    expect(namesUnder(cosigned())).toEqual([ORIGIN, keyOf(1).name]);
    await grow(1);
    await ledger.resign('t1', async () => void keys.push(signingKey(Buffer.alloc(32, 10))));
    expect(cosigned).toThrow('ENOENT');
    expect(namesUnder(published())).toEqual([ORIGIN, ORIGIN]);
  });

  it('is signed by the keys in force for its head, however sealing and changes of keys meet', async () => {
    const keys = [signingKey(Buffer.alloc(32, 8))];
    const signer = new Signer(async () => [...keys]);
    const at = { dir: join(dir, 'ledger'), disk: realDisk, heads, signer };
    ledger = new Ledger({ ...at, origin: (log) => `test.example/${log}` });
    await grow(1);
    for (let i = 0; i < 40; i++) {
      const change = async (): Promise<void> => {
        for (let turns = 0; turns < i; turns++) await new Promise(setImmediate);
        // As the sealer does when it comes in between: with the old key still.
        await ledger.publish();
        if (keys.length === 1) keys.push(signingKey(Buffer.alloc(32, 9)));
        else keys.shift();
      };
      // Every other time nothing is sealed that would publish it once more.
      await Promise.all([grow(i % 2), ledger.resign('t1', change)]);
      expect([ledger.quiet, sizeOf(published()), namesUnder(published()).length]).toEqual([
        true,
        heads.get(LOG)?.size,
        keys.length,
      ]);
    }
  });
});
