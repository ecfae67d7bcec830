import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canConfine, confined, programFolders } from '../../src/store/process/confine.js';
import { auditEvent } from '../support/events.js';
import { Program, ROOT, removeDir, tempDir } from '../support/program.js';
import { describeWith } from '../support/real-part.js';

const SCRIPT = join(ROOT, 'server/test/security/hostile-store.js');
const ONE_TRY =
  'SETTINGS connections_with_failover_max_tries = 1, connect_timeout_with_failover_ms = 500, handshake_timeout_ms = 500';
const SECRET = 'the-secret-beside-the-store';

interface Answer {
  readonly ok: boolean;
  readonly text: string;
}

describeWith('bubblewrap (bwrap)', canConfine(), 'T6: any SQL in the process of the store', () => {
  const data = tempDir();
  const [store, ledger, outside] = ['store', 'ledger', 'outside'].map((name) => join(data, name)) as [
    string,
    string,
    string,
  ];
  let listener: Server;
  let connections = 0;
  let statements: Record<string, string>;

  beforeAll(async () => {
    for (const dir of [store, ledger, outside]) mkdirSync(dir);
    writeFileSync(join(outside, 'secret.txt'), SECRET);
    writeFileSync(join(ledger, 'checkpoint'), 'sealed');
    listener = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nx\n');
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    statements = {
      readBeside: `SELECT * FROM file('${outside}/secret.txt', 'LineAsString')`,
      readSystem: `SELECT * FROM file('/etc/passwd', 'LineAsString')`,
      readParent: `SELECT * FROM file('/proc/{1,2,3,4,5,6}/environ', 'RawBLOB')`,
      writeBeside: `INSERT INTO FUNCTION file('${outside}/planted', 'CSV', 'a String') VALUES ('x')`,
      writeLedger: `INSERT INTO FUNCTION file('${ledger}/planted', 'CSV', 'a String') VALUES ('x')`,
      connect: `SELECT * FROM url('http://127.0.0.1:${port}/', 'LineAsString') SETTINGS http_max_tries = 1`,
      connectNative: `SELECT * FROM remote('127.0.0.1:${port}', 'system', 'one') ${ONE_TRY}`,
      execute: `SELECT * FROM executable('true', 'LineAsString', 'a String')`,
    };
  });
  afterAll(() => {
    listener?.close();
    removeDir(data);
  });

  /** Runs the statements as the store's process would; without the walls to see that the test can fail. */
  async function run(walls: boolean): Promise<Record<string, Answer>> {
    const dir = join(store, walls ? 'inside' : 'open');
    const command = [process.execPath, SCRIPT, dir, JSON.stringify(Object.values(statements))];
    const sight = { read: [...programFolders(SCRIPT), ledger], write: [store] };
    const [file = '', ...args] = walls ? confined(command, sight) : command;
    const child = spawn(file, args, { env: walls ? {} : { SECRET }, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    await new Promise((resolve) => child.on('close', resolve));
    const answers = JSON.parse(out) as Answer[];
    return Object.fromEntries(Object.keys(statements).map((name, i) => [name, answers[i] as Answer]));
  }

  it('reads, writes and connects outside when nothing holds it', async () => {
    const open = await run(false);
    expect(open.readBeside?.text).toContain(SECRET);
    expect(open.readSystem?.text).toContain('root');
    expect(existsSync(join(outside, 'planted'))).toBe(true);
    expect(connections).toBeGreaterThan(0);
    removeDir(join(outside, 'planted'));
    removeDir(join(ledger, 'planted'));
  });

  it('reads, writes and connects to nothing outside when confined', async () => {
    connections = 0;
    const walls = await run(true);
    // What it writes beside its own folder lands in a file system of its own that goes with it.
    for (const name of ['readBeside', 'readSystem', 'writeLedger', 'execute'])
      expect(walls[name]?.ok, `${name}: ${walls[name]?.text}`).toBe(false);
    expect(JSON.stringify(walls)).not.toContain(SECRET);
    expect(JSON.stringify(walls)).not.toContain('root:');
    expect(readdirSync(outside)).toEqual(['secret.txt']);
    expect(readdirSync(ledger)).toEqual(['checkpoint']);
    expect(connections).toBe(0);
  });

  it('is how the program runs it', async () => {
    const program = await Program.start(join(data, 'program'), { PROOFLOG_CONFINE: 'required' });
    const { key } = await program.tenant('acme');
    const event = auditEvent();
    await program.post('/v1/events', key, event);
    const found = () => program.get(`/v1/events/${event.event_id}`, key);
    expect((await program.eventually(found, (r) => r.status === 200)).status).toBe(200);
    expect(await program.stop()).toBe(0);
  });
});
